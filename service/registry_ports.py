"""The seams of the registry: models, versions and aliases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.domain.aliases import Alias
from service.domain.annotations import AnnotationChange
from service.domain.lineage import DatasetLineage, VersionLineage
from service.domain.models import DescribedVersion, Keeping, Model, ModelVersion
from service.domain.pages import Page, PageRequest


@dataclass(frozen=True)
class Idempotency:
    """A client's key and the digest of the request it came with."""

    key: str
    request_sha256: str


class ModelCatalogue(Protocol):
    """The rows of models and versions."""

    def models(self, page: PageRequest) -> Page[Model]:
        """Every model that has a version, newest first."""
        ...

    def model(self, name: str) -> Model:
        """NotFound if there is none, or none of its versions is left."""
        ...

    def versions(self, name: str, page: PageRequest) -> Page[DescribedVersion]:
        """Newest first."""
        ...

    def version(self, name: str, reference: str | None) -> ModelVersion:
        """By number or alias; None means the newest. NotFound if there is none."""
        ...

    def described(self, name: str, reference: str | None) -> DescribedVersion:
        """The same, with the aliases that point at it."""
        ...

    def annotate_model(self, name: str, change: AnnotationChange, keeping: Keeping | None = None) -> Model:
        """Change a model's notes and tags, and unless it is None how many versions are kept."""
        ...

    def annotate_version(self, name: str, reference: str, change: AnnotationChange) -> DescribedVersion:
        """Change a version's notes and tags."""
        ...

    def remove_version(self, name: str, number: int) -> None:
        """Delete a version and discard its artefacts; NotAllowedNow while an alias or an unfinished job needs it."""
        ...

    def remove_model(self, name: str) -> None:
        """Delete every version and alias, as long as no unfinished job needs one; numbers are not used again."""
        ...


class LineageStore(Protocol):
    """Lineage, both ways."""

    def models_of(self, digest: str) -> Sequence[str]:
        """The models that have a version trained or validated on a content, in the order of the alphabet."""
        ...

    def of_dataset(self, id_or_name: str) -> DatasetLineage:
        """What became of a dataset; NotFound if there is none."""
        ...

    def of_version(self, model: str, reference: str | None) -> VersionLineage:
        """Where a version comes from, and what came of it; NotFound if there is none."""
        ...


class AliasStore(Protocol):
    """The rows of aliases and of their changes; each method is one transaction."""

    def get(self, model: str, alias: str) -> Alias:
        """NotFound if there is none."""
        ...

    def point(self, model: str, alias: str, reference: str) -> Alias:
        """Point an alias at a version, by number or alias; NotFound if there is no such version."""
        ...

    def roll_back(self, model: str, alias: str, idempotency: Idempotency | None = None) -> Alias:
        """Point it where it pointed before; NotAllowedNow if there is no such version. A key goes back once."""
        ...

    def remove(self, model: str, alias: str) -> None:
        """NotFound if there is none."""
        ...
