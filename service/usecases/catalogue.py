"""Models and their versions: looked up, described, downloaded, removed."""

from dataclasses import dataclass

from service.domain.annotations import AnnotationChange
from service.domain.models import DescribedVersion, Keeping, Model, ModelVersion
from service.domain.pages import Page, PageRequest
from service.errors import NotFound
from service.ports import ArtifactStore
from service.registry_ports import ModelCatalogue


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file ready to be handed out."""

    version: ModelVersion
    filename: str
    content: bytes
    sha256: str


class Catalogue:
    """Shows and changes what is published; versions themselves never change."""

    def __init__(self, store: ModelCatalogue, artifacts: ArtifactStore) -> None:
        """Take the seams."""
        self._store = store
        self._artifacts = artifacts

    def models(self, page: PageRequest) -> Page[Model]:
        """Newest first."""
        return self._store.models(page)

    def model(self, name: str) -> Model:
        """One model with its newest version."""
        return self._store.model(name)

    def versions(self, name: str, page: PageRequest) -> Page[DescribedVersion]:
        """Newest first."""
        return self._store.versions(name, page)

    def version(self, name: str, reference: str | int | None = None) -> ModelVersion:
        """By number or alias; the newest if neither is given."""
        return self._store.version(name, None if reference is None else str(reference))

    def onnx(self, name: str, reference: str | int | None = None) -> OnnxFile:
        """The ONNX twin of a version, checked against its digest; NotFound tells why there is none."""
        version = self.version(name, reference)
        export = version.draft.onnx
        if export.artifact is None:
            reason = export.error or "It was not exported."
            raise NotFound(f"Version {version.number} of {name} has no ONNX file. {reason}")
        content = self._artifacts.get(export.artifact)
        return OnnxFile(version, f"{name}-{version.number}.onnx", content, export.artifact.sha256)

    def described(self, name: str, reference: str | int | None = None) -> DescribedVersion:
        """The same, with the aliases that point at it."""
        return self._store.described(name, None if reference is None else str(reference))

    def annotate_model(self, name: str, change: AnnotationChange, keeping: Keeping | None = None) -> Model:
        """Change what is said of a model, and how many of its versions are kept."""
        return self._store.annotate_model(name, change, keeping)

    def annotate_version(self, name: str, reference: str, change: AnnotationChange) -> DescribedVersion:
        """Change what is said of a version; what it is never changes."""
        return self._store.annotate_version(name, reference, change)

    def remove_version(self, name: str, number: int) -> None:
        """Remove one version and its files; refused while an alias points at it or an unfinished job needs it."""
        self._store.remove_version(name, number)

    def remove_model(self, name: str) -> None:
        """Remove a model with all its versions, files and aliases."""
        self._store.remove_model(name)
