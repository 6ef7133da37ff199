"""Datasets: a file becomes checked, immutable series that are found again by name, identifier or digest."""

import hashlib
from dataclasses import asdict

from model.arrays import Array
from model.data.series import Series
from service.domain.datasets import Dataset, DatasetReport, Ingested, Limits, Reading, Upload
from service.domain.identifiers import check_name, new_identifier
from service.domain.pages import Page, PageRequest
from service.domain.reports import Comparison
from service.errors import AlreadyExists, Detail, NotFound, Unreadable
from service.ports import ArtifactStore, Clock, DatasetStore, SeriesReader
from service.usecases.comparison import Opened, compare
from service.usecases.idempotency import idempotency
from service.usecases.refusals import model_errors
from service.usecases.stored_series import pack, rows_of_cases, unpack


class Datasets:
    """Adds, shows and removes datasets."""

    def __init__(
        self, store: DatasetStore, artifacts: ArtifactStore, read: SeriesReader, clock: Clock, limits: Limits
    ) -> None:
        """Take the seams; nothing is opened here."""
        self._store = store
        self._artifacts = artifacts
        self._read = read
        self._clock = clock
        self._limits = limits

    def add(
        self, name: str, upload: Upload, reading: Reading, idempotency_key: str | None = None
    ) -> tuple[Dataset, bool]:
        """Keep a finished upload under a name; the same content under the same name answers what is there.

        The artefact is on disk before the row tells of it, so an acknowledged dataset is whole.
        """
        check_name(name, "dataset")
        key = None if idempotency_key is None else idempotency(idempotency_key, _request(name, upload, reading))
        known = None if key is None else self._store.recall(key, self._clock.now())
        if known is not None:
            return known, False
        ingested = self._ingest(upload, reading)
        report = _report(ingested)
        present = self._present(name)
        if present is not None and key is None:
            return _same(present, report.digest), False
        now = self._clock.now()
        identifier = new_identifier("ds", now)
        artifact = self._artifacts.put(f"datasets/{report.digest}-{identifier}", pack(ingested.series, ingested.rows))
        try:
            dataset, created = self._store.add(Dataset(identifier, name, report, artifact, now), key)
        except AlreadyExists:  # somebody took the name while this file was read
            self._artifacts.delete(artifact.key)
            raise
        if dataset.artifact != artifact:
            self._artifacts.delete(artifact.key)
        return dataset, created

    def preview(self, upload: Upload, reading: Reading) -> DatasetReport:
        """Tell what would be understood of a file, and keep nothing."""
        return _report(self._ingest(upload, reading))

    def list(self, page: PageRequest) -> Page[Dataset]:
        """Newest first."""
        return self._store.list(page)

    def get(self, id_or_name: str) -> Dataset:
        """By identifier or by name."""
        return self._store.get(id_or_name)

    def compare(self, id_or_name: str, other: str) -> Comparison:
        """Two datasets side by side: what leaks from one into the other, and what only one of them has."""
        dataset = self._store.get(id_or_name)
        try:
            against = self._store.get(other)
        except NotFound as error:
            raise NotFound(error.message, Detail("/dataset", error.message)) from error
        return compare(*(Opened(each, self.open_series(each), self._rows(each)) for each in (dataset, against)))

    def remove(self, id_or_name: str) -> None:
        """Forget a dataset; refused while a job that has not ended needs it."""
        self._store.remove(self._store.get(id_or_name).id)

    def open_series(self, dataset: Dataset) -> Series:
        """The stored series, mapped into memory where the store has local files."""
        with model_errors():
            path = self._artifacts.path(dataset.artifact)
            return unpack(path if path is not None else self._artifacts.get(dataset.artifact))

    def _rows(self, dataset: Dataset) -> Array | None:
        """(N,): where in its file each case stood, where that is known."""
        with model_errors():
            path = self._artifacts.path(dataset.artifact)
            return rows_of_cases(path if path is not None else self._artifacts.get(dataset.artifact))

    def _ingest(self, upload: Upload, reading: Reading) -> Ingested:
        with model_errors(Unreadable):
            return self._read(
                upload.path, reading, self._limits, filename=upload.filename, content_type=upload.content_type
            )

    def _present(self, name: str) -> Dataset | None:
        try:
            return self._store.get(name)
        except NotFound:
            return None


def _same(present: Dataset, digest: str) -> Dataset:
    if present.digest == digest:
        return present
    message = f"A dataset named {present.name} exists with other content: choose another name, or remove it first."
    raise AlreadyExists(message, Detail("/name", message))


def _request(name: str, upload: Upload, reading: Reading) -> dict[str, object]:
    """What an upload asks for: the same bytes, read in the same way, under the same name."""
    with upload.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"upload": {"name": name, "sha256": digest, "reading": asdict(reading)}}


def _report(ingested: Ingested) -> DatasetReport:
    series = ingested.series
    return DatasetReport(series.describe(), series.digest(), ingested.format, ingested.warnings, ingested.examination)
