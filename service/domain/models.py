"""Models: named lines of immutable versions, and aliases that point at one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.annotations import Annotations
from service.domain.artifacts import Artifact
from service.domain.jobs import JSON


@dataclass(frozen=True)
class Signature:
    """What a version takes and gives; `length` is None when series of any length are taken.

    window: the steps that a forecast looks at; with `stride`, those of the windows whose answers are averaged
    """

    task: str
    channels: tuple[str, ...]
    length: int | None
    classes: tuple[str, ...] | None = None
    targets: int | None = None
    horizon: int | None = None
    quantiles: tuple[float, ...] | None = None
    window: int | None = None
    stride: int | None = None


@dataclass(frozen=True)
class OnnxExport:
    """The ONNX twin of a version: the file with its largest difference from ours, or why there is none."""

    artifact: Artifact | None
    largest_difference: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class VersionDraft:
    """A version that is about to be published: everything but its number; `job` and `attempt` make it unique."""

    model: str
    job: str
    attempt: int
    dataset: str
    dataset_digest: str
    archive: Artifact
    onnx: OnnxExport
    signature: Signature
    metrics: JSON
    spec: JSON
    lineage: JSON
    validation_dataset: str | None = None
    """What it was validated on, where that is a dataset of its own; None if cases were kept back."""
    validation_dataset_digest: str | None = None

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What it refers to: the archive, and the ONNX file if there is one."""
        return (self.archive,) if self.onnx.artifact is None else (self.archive, self.onnx.artifact)


@dataclass(frozen=True)
class ModelVersion:
    """A published version: immutable but for its annotations, numbered from 1 within its model, never renumbered.

    `parent` is the version that the same job published before it was resumed.
    """

    number: int
    draft: VersionDraft
    created_at: datetime
    parent: int | None = None
    annotations: Annotations = field(default_factory=Annotations)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.draft.model


@dataclass(frozen=True)
class Model:
    """A name with at least one version, and its aliases."""

    name: str
    latest: ModelVersion
    versions: tuple[int, ...]
    aliases: Mapping[str, int]
    created_at: datetime
    annotations: Annotations = field(default_factory=Annotations)
    keep_versions: int | None = None

    def aliases_of(self, number: int) -> tuple[str, ...]:
        """The aliases that point at a version, in the order of the alphabet."""
        return tuple(sorted(alias for alias, target in self.aliases.items() if target == number))


@dataclass(frozen=True)
class Keeping:
    """How many of a model's newest versions are kept; None leaves it to the service's setting."""

    versions: int | None


@dataclass(frozen=True)
class DescribedVersion:
    """A version with what others say of it."""

    version: ModelVersion
    aliases: tuple[str, ...]
