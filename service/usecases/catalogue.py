"""Models and their versions: looked up, pointed at, downloaded, removed."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.identifiers import check_name
from service.domain.models import Model, ModelVersion
from service.domain.pages import Page, PageRequest
from service.errors import Detail, InvalidRequest, NotFound
from service.ports import ArtifactStore, ModelCatalogue


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

    def versions(self, name: str, page: PageRequest) -> Page[ModelVersion]:
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

    def set_alias(self, name: str, alias: str, number: int) -> Model:
        """Point an alias at a version, in place of whatever it pointed at."""
        check_name(alias, "alias")
        if alias.isdecimal():
            message = "An alias is not a number: numbers name versions."
            raise InvalidRequest(message, Detail("/alias", message))
        return self._store.set_alias(name, alias, number)

    def remove_alias(self, name: str, alias: str) -> None:
        """Forget an alias."""
        self._store.remove_alias(name, alias)

    def remove_version(self, name: str, number: int) -> None:
        """Remove one version and its files; refused while an alias points at it."""
        self._discard([self._store.remove_version(name, number)])

    def remove_model(self, name: str) -> None:
        """Remove a model with all its versions, files and aliases."""
        self._discard(self._store.remove_model(name))

    def _discard(self, versions: Iterable[ModelVersion]) -> None:
        for version in versions:
            self._artifacts.delete(version.draft.archive.key)
            if version.draft.onnx.artifact is not None:
                self._artifacts.delete(version.draft.onnx.artifact.key)
