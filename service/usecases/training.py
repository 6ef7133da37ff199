"""Training jobs as their users see them: submitted, followed, cancelled, resumed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.training.settlement import settle
from model.training.spec import TrainingSpec
from model.training.validation import unfit
from service.domain.datasets import Dataset
from service.domain.identifiers import check_name, new_identifier
from service.domain.jobs import (
    HIGHEST_PRIORITY,
    JSON,
    LONGEST_TIME_LIMIT,
    LOWEST_PRIORITY,
    EpochRecord,
    EventPage,
    Job,
)
from service.domain.origin import Origin
from service.domain.pages import Page, PageRequest
from service.domain.states import JobState
from service.errors import Detail, InvalidRequest, NotFound, Untrainable
from service.ports import ArtifactStore, Clock, DatasetStore, JobStore
from service.usecases.idempotency import idempotency
from service.usecases.refusals import model_errors
from service.usecases.stored_series import outline

SPEC_FIELDS = ("task", "network", "preprocessing", "training")
FIELDS = ("model", "dataset", "priority", "time_limit", *SPEC_FIELDS)
LARGEST_EVENT_PAGE = 1000


class Training:
    """Queues jobs and tells of them; the supervisor runs them elsewhere and is only woken here."""

    def __init__(
        self, jobs: JobStore, datasets: DatasetStore, artifacts: ArtifactStore, clock: Clock, wake: Callable[[], None]
    ) -> None:
        """Take the seams; `wake` is called whenever a job may be waiting or is to end."""
        self._jobs = jobs
        self._datasets = datasets
        self._artifacts = artifacts
        self._clock = clock
        self._wake = wake

    def submit(
        self, request: Mapping[str, Any], idempotency_key: str | None = None, origin: Origin | None = None
    ) -> tuple[Job, bool]:
        """Queue a job, and say whether it is new; whatever could never train is refused here, before any work.

        The same idempotency key with the same request answers the job it made; with another request, AlreadyExists.
        """
        key = idempotency(idempotency_key, request)
        known = None if key is None else self._jobs.recall(key)
        if known is not None:
            return known, False
        unknown = sorted(set(request) - set(FIELDS))
        if unknown:
            raise InvalidRequest(
                f"A training job has the fields {', '.join(FIELDS)}.",
                *(Detail(f"/{_escaped(name)}", "There is no such field.") for name in unknown),
            )
        model = check_name(_text(request, "model"), "model")
        dataset = self._dataset(_text(request, "dataset"))
        wanted, others = self._wanted({name: request[name] for name in SPEC_FIELDS if name in request}, dataset)
        spec = self._settled(wanted, dataset, others)
        now = self._clock.now()
        job = Job(
            id=new_identifier("job", now),
            model=model,
            dataset=dataset.id,
            dataset_digest=dataset.digest,
            spec=spec,
            epochs=spec["training"]["epochs"],
            created_at=now,
            priority=_priority(request.get("priority")),
            time_limit=_time_limit(request.get("time_limit")),
            origin=origin,
            validation_dataset=None if others is None else others.id,
            validation_dataset_digest=None if others is None else others.digest,
        )
        job, created = self._jobs.add(job, key)
        self._wake()
        return job, created

    def get(self, identifier: str) -> Job:
        """One job; NotFound if there is none."""
        return self._jobs.get(identifier)

    def history(self, identifier: str) -> Sequence[EpochRecord]:
        """Every recorded epoch of a job, in order."""
        return self._jobs.history(identifier)

    def list(self, page: PageRequest, *, state: JobState | None = None, model: str | None = None) -> Page[Job]:
        """Newest first."""
        return self._jobs.list(page, state=state, model=model)

    def events(self, identifier: str, after: int = 0, limit: int = LARGEST_EVENT_PAGE) -> EventPage:
        """What happened behind a sequence number, oldest first; `ended` when nothing will follow."""
        return self._jobs.events(identifier, after, min(limit, LARGEST_EVENT_PAGE))

    def cancel(self, identifier: str) -> Job:
        """Ask for a job's end; it is CANCELLED at once if nobody runs it, else within two seconds."""
        job = self._jobs.cancel(identifier)
        self._wake()
        return job

    def resume(self, identifier: str, epochs: int | None = None, time_limit: float | None = None) -> Job:
        """Queue an ended job again, to go on from its checkpoint, up to its own number of epochs or another.

        Its time limit holds again from the beginning, unless there is another.
        """
        job = self._jobs.get(identifier)
        wanted = job.epochs if epochs is None else epochs
        if job.reproduces is not None and wanted != job.epochs:
            message = f"A reproduction trains the {job.epochs} epochs that were recorded, not {wanted}."
            raise InvalidRequest(message, Detail("/epochs", message))
        limit = job.time_limit if time_limit is None else _time_limit(time_limit)
        with model_errors(Untrainable):
            spec = TrainingSpec.from_json({**job.spec, "training": {**job.spec["training"], "epochs": wanted}})
        job = self._jobs.resume(identifier, spec.to_json(), wanted, limit)
        self._wake()
        return job

    def _dataset(self, id_or_name: str, pointer: str = "/dataset") -> Dataset:
        try:
            return self._datasets.get(id_or_name)
        except NotFound as error:
            raise NotFound(error.message, Detail(pointer, error.message)) from error

    def _wanted(self, asked: Mapping[str, Any], dataset: Dataset) -> tuple[TrainingSpec, Dataset | None]:
        """What is asked for, and the dataset to validate on, which the spec then has by its identifier."""
        with model_errors(Untrainable):
            wanted = TrainingSpec.from_json(dict(asked))
        others = self._validation(wanted, dataset)
        return wanted if others is None else wanted.validated_on(others.id), others

    def _settled(self, wanted: TrainingSpec, dataset: Dataset, others: Dataset | None) -> JSON:
        """The spec with every default filled in.

        Untrainable, with a pointer, for whatever could not be trained on these very series.
        """
        with model_errors(Untrainable, series="/dataset"):
            return settle(
                wanted,
                dataset.facts,
                outline(self._artifacts, dataset),
                None if others is None else outline(self._artifacts, others),
            ).to_json()

    def _validation(self, wanted: TrainingSpec, dataset: Dataset) -> Dataset | None:
        """The dataset to validate on, once it is seen to fit the one to train on."""
        validation, pointer = wanted.training.validation, "/training/validation/dataset"
        if validation is None or validation.dataset is None:
            return None
        found = self._dataset(validation.dataset, pointer)
        fault = unfit(found.facts, dataset.facts, wanted.task or dataset.facts.task)
        if fault is not None:
            raise Untrainable(fault, Detail(pointer, fault))
        return found


def _priority(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(value, bool) and LOWEST_PRIORITY <= value <= HIGHEST_PRIORITY:
        return value
    message = f"A priority is a whole number from {LOWEST_PRIORITY} to {HIGHEST_PRIORITY}; the highest goes first."
    raise InvalidRequest(message, Detail("/priority", message))


def _time_limit(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_TIME_LIMIT:
        return float(value)
    message = f"A time limit is a number of seconds above 0 and up to {LONGEST_TIME_LIMIT:.0f}, which is a year."
    raise InvalidRequest(message, Detail("/time_limit", message))


def _text(request: Mapping[str, Any], field: str) -> str:
    value = request.get(field)
    if not isinstance(value, str):
        message = f"A training job needs {field} as a string."
        raise InvalidRequest(message, Detail(f"/{field}", message))
    return value


def _escaped(name: str) -> str:
    """One reference token of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
