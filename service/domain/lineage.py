"""Where versions come from, and what became of datasets."""

from dataclasses import dataclass

from service.domain.datasets import Dataset
from service.domain.jobs import Job
from service.domain.models import DescribedVersion


@dataclass(frozen=True)
class DatasetLineage:
    """The jobs that trained on a dataset's content and the versions that came of it, newest first."""

    dataset: Dataset
    jobs: tuple[Job, ...]
    versions: tuple[DescribedVersion, ...]


@dataclass(frozen=True)
class VersionLineage:
    """What a version came of, and what came of it.

    dataset: one with the content it was trained on, None if there is none any more
    children: the versions that its job published after it, oldest first
    reproductions: the jobs that trained it again, newest first
    """

    version: DescribedVersion
    dataset: Dataset | None
    job: Job
    children: tuple[int, ...]
    reproductions: tuple[Job, ...]
