"""Training a version again, to see whether the same weights come out."""

from collections.abc import Callable

from model.training.spec import TrainingSpec
from service.domain.datasets import Dataset
from service.domain.identifiers import new_identifier
from service.domain.jobs import Job
from service.domain.models import ModelVersion
from service.domain.origin import Origin
from service.errors import NotAllowedNow
from service.ports import Clock, DatasetStore, JobStore
from service.registry_ports import ModelCatalogue
from service.usecases.idempotency import idempotency


class Reproductions:
    """Queues jobs that train a version's spec on its data once more; the version itself is not touched."""

    def __init__(
        self,
        jobs: JobStore,
        catalogue: ModelCatalogue,
        datasets: DatasetStore,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """Take the seams; `wake` is called when a job may be waiting."""
        self._jobs = jobs
        self._catalogue = catalogue
        self._datasets = datasets
        self._clock = clock
        self._wake = wake

    def submit(
        self, model: str, reference: str, idempotency_key: str | None = None, origin: Origin | None = None
    ) -> tuple[Job, bool]:
        """Queue a job that ends with the comparison, and say whether it is new.

        Datasets are found by their content: one that was removed and uploaded again will do. NotAllowedNow without it.
        """
        key = idempotency(idempotency_key, {"reproduce": {"model": model, "version": reference}})
        known = None if key is None else self._jobs.recall(key)
        if known is not None:
            return known, False
        version = self._catalogue.version(model, reference)
        draft = version.draft
        if "weights_sha256" not in draft.lineage:
            raise NotAllowedNow(f"Version {version.number} of {model} was published without a record of its weights.")
        dataset = self._found(version, draft.dataset_digest, "The dataset")
        spec, others = draft.spec, None
        if draft.validation_dataset is not None:
            others = self._found(version, draft.validation_dataset_digest, "The dataset to validate on")
            spec = TrainingSpec.from_json(dict(spec)).validated_on(others.id).to_json()
        now = self._clock.now()
        job = Job(
            id=new_identifier("job", now),
            model=model,
            dataset=dataset.id,
            dataset_digest=dataset.digest,
            spec=spec,
            epochs=spec["training"]["epochs"],
            created_at=now,
            reproduces=version.number,
            reproduction={"recorded": dict(draft.lineage)},
            origin=origin,
            validation_dataset=None if others is None else others.id,
            validation_dataset_digest=None if others is None else others.digest,
        )
        job, created = self._jobs.add(job, key)
        self._wake()
        return job, created

    def _found(self, version: ModelVersion, digest: str | None, what: str) -> Dataset:
        """A dataset of the content that a version came of."""
        found = None if digest is None else self._datasets.with_digest(digest)
        if found is None:
            raise NotAllowedNow(
                f"{what} of version {version.number} of {version.model} was removed: upload the same content again "
                f"(its digest is {digest})."
            )
        return found
