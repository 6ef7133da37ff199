"""The seams: what the use cases need of the world, as Protocols that adapters satisfy."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any, Protocol

from service.domain.artifacts import Artifact, StoredObject
from service.domain.datasets import Dataset, Ingested, Limits, Reading
from service.domain.jobs import JSON, Checkpoint, Claim, EpochRecord, EventPage, Job, JobFailure
from service.domain.models import ModelVersion, VersionDraft
from service.domain.pages import Page, PageRequest
from service.domain.states import JobState, Move
from service.registry_ports import Idempotency


class Clock(Protocol):
    """Time, so that tests can turn it."""

    def now(self) -> datetime:
        """The time of day, with its zone UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...


class Log(Protocol):
    """Where events are told to whoever operates the service."""

    def info(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # any value can be shown
        """Something that happened."""
        ...

    def warning(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # any value can be shown
        """Something that should not have happened."""
        ...

    def exception(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # any value can be shown
        """The error that is being handled."""
        ...


class SeriesReader(Protocol):
    """Turns a file into series."""

    def __call__(
        self,
        path: Path,
        reading: Reading,
        limits: Limits,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Ingested:
        """Read it whole; Unreadable, UnsupportedFormat or TooLarge if that cannot be.

        `filename` and `content_type` are what the client said; they only help to name the format.
        """
        ...


class ArtifactStore(Protocol):
    """Bytes under keys that are written once; a put that returned has reached the disk."""

    def put(self, key: str, content: bytes | Iterable[bytes | memoryview]) -> Artifact:
        """Keep the bytes, whole or in parts, under a new key; AlreadyExists if it is taken, StorageFull if no room."""
        ...

    def get(self, artifact: Artifact) -> bytes:
        """The bytes, checked against their digest; Corrupt if they are not what was put, or are gone."""
        ...

    def view(self, artifact: Artifact) -> memoryview:
        """The same bytes, read-only, aligned to pages; where several processes serve, they share the memory."""
        ...

    def path(self, artifact: Artifact) -> Path | None:
        """A local file to map into memory, whose content the reader checks; None where there are no local files."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes; nothing happens if they are gone already."""
        ...

    def list(self, prefix: str = "") -> Iterable[StoredObject]:
        """Everything under a prefix."""
        ...


class DatasetStore(Protocol):
    """The rows of datasets."""

    def recall(self, idempotency: Idempotency, now: datetime) -> Dataset | None:
        """The dataset this key once made; AlreadyExists if the key came with another request."""
        ...

    def add(self, dataset: Dataset, idempotency: Idempotency | None = None) -> tuple[Dataset, bool]:
        """Insert a dataset, and its key with it, and say whether it is new; a known key answers its dataset.

        The same name with the same digest answers the row that is there; with another digest it is AlreadyExists.
        A row that holds the same content under another name lends its artifact, if that has the same bytes.
        """
        ...

    def get(self, id_or_name: str) -> Dataset:
        """NotFound if there is none."""
        ...

    def list(self, page: PageRequest) -> Page[Dataset]:
        """Newest first."""
        ...

    def with_digest(self, digest: str) -> Dataset | None:
        """A dataset of this content, if there is one."""
        ...

    def remove(self, identifier: str) -> None:
        """Delete the row, and discard its artifact if nothing refers to it now; NotAllowedNow while a job needs it."""
        ...


@dataclass(frozen=True)
class EpochCommit:
    """Epochs that were not told of yet, and the stored state that they, or earlier ones, led to."""

    epochs: Sequence[EpochRecord]
    checkpoint: Checkpoint


class JobStore(Protocol):
    """The rows of jobs and their events; each method is one transaction."""

    def add(self, job: Job, idempotency: Idempotency | None = None) -> tuple[Job, bool]:
        """Insert a queued job and say whether it is new; a known key answers its job, or AlreadyExists."""
        ...

    def recall(self, idempotency: Idempotency) -> Job | None:
        """The job this key once made; AlreadyExists if the key came with another request."""
        ...

    def get(self, identifier: str) -> Job:
        """NotFound if there is none."""
        ...

    def list(self, page: PageRequest, *, state: JobState | None = None, model: str | None = None) -> Page[Job]:
        """Newest first."""
        ...

    def owned(self) -> Sequence[Job]:
        """Every job that an attempt runs."""
        ...

    def events(self, identifier: str, after: int, limit: int) -> EventPage:
        """What happened behind a sequence number, oldest first; NotFound if there is no such job."""
        ...

    def history(self, identifier: str) -> Sequence[EpochRecord]:
        """Every recorded epoch, in order."""
        ...

    def claim(self, owner: str, lease: timedelta) -> Job | None:
        """Take up the queued job of the highest priority, of equals the oldest."""
        ...

    def renew(self, claim: Claim, lease: timedelta) -> Job:
        """Keep a job; Fenced if it is another's now."""
        ...

    def commit(self, claim: Claim, commit: EpochCommit, lease: timedelta) -> Job:
        """Record epochs, move the checkpoint and renew the lease; Fenced if the job is another's now."""
        ...

    def publish(self, claim: Claim, draft: VersionDraft) -> ModelVersion:
        """Publish a version and end the job; Fenced, or NotAllowedNow if the job is being cancelled."""
        ...

    def conclude(self, claim: Claim, reproduction: JSON) -> Job:
        """End a job that trained again with what came of it; Fenced, or NotAllowedNow if it is being cancelled."""
        ...

    def settle(
        self, claim: Claim, move: Move, failure: JobFailure | None = None, epochs: Sequence[EpochRecord] = ()
    ) -> Job:
        """End an attempt without a version, and record its last epochs; Fenced if the job is another's now.

        Epochs behind the checkpoint are computed again, to the same bits, when the job goes on; they are told of once.
        """
        ...

    def cancel(self, identifier: str) -> Job:
        """Ask for a job's end; NotAllowedNow if it has succeeded or failed."""
        ...

    def resume(self, identifier: str, spec: JSON, epochs: int, time_limit: float | None = None) -> Job:
        """Queue an ended job again; NotAllowedNow if it has not ended, or what it needs is gone."""
        ...


class References(Protocol):
    """Which artefacts are in use: what a sweep must not touch."""

    def keys(self) -> frozenset[str]:
        """Every key that a row refers to."""
        ...


class Discarded(Protocol):
    """Artefacts whose last row was deleted; a key is noted in the transaction that did so, and never used again."""

    def keys(self) -> frozenset[str]:
        """Every key that is noted."""
        ...

    def forget(self, keys: Collection[str]) -> None:
        """Strike keys out."""
        ...


class Ending(Enum):
    """How an attempt's process came to its end."""

    EXITED = auto()
    """By itself and in order; the row tells what it did."""
    CRASHED = auto()
    """By itself and out of order."""
    OUT_OF_MEMORY = auto()
    """Killed by the kernel for want of memory."""
    ENDED_BY_US = auto()
    """Because it was told to."""
    AWAY = auto()
    """By itself, as the database was away for longer than it waits."""


class RunningAttempt(Protocol):
    """One attempt that an engine has started."""

    @property
    def claim(self) -> Claim:
        """What it runs."""
        ...

    def ending(self) -> Ending | None:
        """How it ended; None while it runs."""
        ...

    def cause(self) -> str:
        """What its process ended of, to be shown after 'ended by'; only asked once it has ended."""
        ...

    def hand_back(self) -> None:
        """Tell it to commit the epoch it is in and end."""
        ...

    def stop(self) -> None:
        """Tell it to end now."""
        ...

    def kill(self) -> None:
        """End it without asking."""
        ...


class Engine(Protocol):
    """Runs attempts somewhere."""

    def start(self, claim: Claim, ended: Callable[[], None]) -> RunningAttempt:
        """Begin an attempt; `ended` is called from any thread once it has ended."""
        ...
