"""Where versions come from, and what became of datasets."""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.datasets import Dataset
from service.domain.jobs import Job
from service.domain.models import DescribedVersion, VersionDraft


class Role(StrEnum):
    """What a dataset's content is to a job and to the version that it publishes."""

    TRAINING = "training"
    VALIDATION = "validation"


def roles(digest: str, user: Job | VersionDraft) -> tuple[Role, ...]:
    """What a content is to a job or a version; it may be both."""
    uses = {Role.TRAINING: user.dataset_digest, Role.VALIDATION: user.validation_dataset_digest}
    return tuple(role for role, used in uses.items() if used == digest)


@dataclass(frozen=True)
class DatasetLineage:
    """The jobs that trained or validated on a dataset's content and the versions that came of it, newest first."""

    dataset: Dataset
    jobs: tuple[Job, ...]
    versions: tuple[DescribedVersion, ...]


@dataclass(frozen=True)
class VersionLineage:
    """What a version came of, and what came of it.

    dataset: one with the content it was trained on, None if there is none any more
    validation_dataset: the same of a dataset that it was validated on, None also where there was none
    children: the versions that its job published after it, oldest first
    reproductions: the jobs that trained it again, newest first
    """

    version: DescribedVersion
    dataset: Dataset | None
    validation_dataset: Dataset | None
    job: Job
    children: tuple[int, ...]
    reproductions: tuple[Job, ...]
