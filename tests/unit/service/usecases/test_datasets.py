"""Datasets as their users see them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data.series import Series
from model.errors import InvalidSeries
from service.domain.datasets import Ingested, Limits, Reading, Upload
from service.errors import AlreadyExists, Corrupt, InvalidRequest, NotFound, Unreadable
from service.usecases.datasets import Datasets
from service.usecases.stored_series import pack, rows_of_cases, unpack
from tests.records import some_series
from tests.stores import Stores

READING = Reading()


class Reader:
    """Reads a file that holds nothing but the seed of its series, and tells as whose."""

    def __call__(
        self,
        path: Path,
        reading: Reading,  # noqa: ARG002 - a port's signature
        limits: Limits,  # noqa: ARG002 - as reading
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Ingested:
        text = path.read_text()
        if text == "bad":
            raise InvalidSeries("Channel x holds an infinite value.", pointer="/values")
        return Ingested(some_series(seed=int(text)), "ts", ("It was odd.", f"{filename} as {content_type}"))


@pytest.fixture
def datasets(stores: Stores) -> Datasets:
    return Datasets(stores.datasets, stores.artifacts, Reader(), stores.clock, Limits())


def upload(directory: Path, text: str = "0") -> Upload:
    path = directory / f"{text}.upload"
    path.write_text(text)
    return Upload(path, len(text))


def stored(stores: Stores) -> list[str]:
    return [found.key for found in stores.artifacts.list()]


def test_an_added_dataset_can_be_opened(datasets: Datasets, tmp_path: Path) -> None:
    dataset, created = datasets.add("gestures", upload(tmp_path), READING)
    assert created
    assert dataset.report.warnings[0] == "It was odd."
    assert datasets.open_series(datasets.get("gestures")).digest() == dataset.digest


def test_the_reader_is_told_what_the_client_said_of_its_file(datasets: Datasets, tmp_path: Path) -> None:
    said = replace(upload(tmp_path), filename="gestures.csv", content_type="text/csv")
    assert "gestures.csv as text/csv" in datasets.preview(said, READING).warnings


def test_adding_it_again_changes_nothing(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    first, _ = datasets.add("gestures", upload(tmp_path), READING)
    keys = stored(stores)
    assert datasets.add("gestures", upload(tmp_path), READING) == (first, False)
    assert stored(stores) == keys


def test_other_content_under_a_taken_name_leaves_nothing(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    datasets.add("gestures", upload(tmp_path), READING)
    with pytest.raises(AlreadyExists):
        datasets.add("gestures", upload(tmp_path, "1"), READING)
    assert len(stored(stores)) == 1


def test_equal_content_is_stored_once(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    datasets.add("a", upload(tmp_path), READING)
    datasets.add("b", upload(tmp_path), READING)
    assert len(stored(stores)) == 1
    datasets.remove("a")
    assert datasets.open_series(datasets.get("b")).cases == 8
    read = datasets.get("b")
    datasets.remove("b")
    assert datasets.open_series(read).cases == 8, "whoever has looked it up before can read it still"
    assert stored(stores) == list(stores.discarded.keys())


def test_many_threads_that_add_the_same_leave_one_artifact(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    file = upload(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: datasets.add("gestures", file, READING), range(8)))
    assert sum(created for _, created in answers) == 1
    assert stored(stores) == [answers[0][0].artifact.key]


def test_a_file_that_holds_no_series_is_refused_and_nothing_is_kept(
    datasets: Datasets, stores: Stores, tmp_path: Path
) -> None:
    with pytest.raises(Unreadable, match="infinite") as caught:
        datasets.add("gestures", upload(tmp_path, "bad"), READING)
    assert caught.value.details[0].pointer == "/values"
    assert stored(stores) == []


def test_a_preview_keeps_nothing(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    report = datasets.preview(upload(tmp_path), READING)
    assert (report.facts.cases, report.warnings[0]) == (8, "It was odd.")
    assert stored(stores) == []
    with pytest.raises(NotFound):
        datasets.get("gestures")


def test_a_bad_name_is_refused_before_the_file_is_read(datasets: Datasets, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="name of a dataset"):
        datasets.add("../x", Upload(tmp_path / "missing", 0), READING)


def test_a_dataset_whose_bytes_changed_is_not_opened(datasets: Datasets, stores: Stores, tmp_path: Path) -> None:
    dataset, _ = datasets.add("gestures", upload(tmp_path), READING)
    path = stores.artifacts.path(dataset.artifact)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Corrupt):
        datasets.open_series(dataset)


def test_the_rows_of_cases_are_stored_beside_them(tmp_path: Path) -> None:
    series = some_series()
    rows = np.arange(series.cases) * 3 + 7
    content = b"".join(pack(series, rows))
    (tmp_path / "series").write_bytes(content)
    for source in (content, tmp_path / "series"):
        assert unpack(source).digest() == series.digest()
        assert rows_of_cases(source).tolist() == rows.tolist()
    assert rows_of_cases(b"".join(pack(series))) is None


def test_series_are_stored_bit_for_bit(tmp_path: Path) -> None:
    targets = np.array([[1.0], [2.0]], np.float32)
    cases = [np.array([[np.nan], [1]]), np.array([[2]])]
    for series in (
        some_series(),
        Series.from_cases(cases, ["temperature °C"], targets=targets),
        Series.from_cases(cases),
        Series.from_cases(cases, labels=["a", "b"], groups=["ann", "tom"]),
    ):
        content = b"".join(pack(series))
        (tmp_path / "series").write_bytes(content)
        for back in (unpack(content), unpack(tmp_path / "series")):
            assert back.digest() == series.digest()
            assert back.values.tobytes() == series.values.tobytes()
