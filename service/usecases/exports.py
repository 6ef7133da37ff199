"""ONNX files: the one that was published with a version, or one written anew as the caller wants it."""

import hashlib
from dataclasses import dataclass

from model.errors import ExportRefused, InvalidArchive
from model.interchange import archive
from model.pipeline import Pipeline
from service.domain.models import ModelVersion
from service.errors import Corrupt, Detail, InvalidRequest, NotAllowedNow
from service.ports import ArtifactStore
from service.usecases.catalogue import Catalogue, OnnxFile

LOWEST_OPSET, HIGHEST_OPSET = 17, 28
"""As the exporter has them; a test keeps both in step, so that nobody loads it only to describe the interface."""


@dataclass(frozen=True)
class ExportOptions:
    """How a file is written; the defaults are those of the file that is published with a version."""

    opset: int = LOWEST_OPSET
    fold: bool = True
    """Whether batch normalization goes into the kernels before it, or stays an operator of its own."""


class Exports:
    """Hands out what was trained, as ONNX files that were run against the network first, or as it is."""

    def __init__(self, catalogue: Catalogue, artifacts: ArtifactStore) -> None:
        """Take where versions and their archives are found."""
        self._catalogue = catalogue
        self._artifacts = artifacts

    def onnx(self, name: str, reference: str | int | None, options: ExportOptions) -> OnnxFile:
        """A version as an ONNX file; NotAllowedNow if it cannot be written so, NotFound if it never could."""
        if not LOWEST_OPSET <= options.opset <= HIGHEST_OPSET:
            message = f"The opset is from {LOWEST_OPSET} to {HIGHEST_OPSET}."
            raise InvalidRequest(message, Detail("/opset", message))
        published = self._catalogue.onnx(name, reference)
        if options == ExportOptions():
            return published
        content = _written(self._pipeline(published.version), options)
        return OnnxFile(published.version, published.filename, content, hashlib.sha256(content).hexdigest())

    def pipeline(self, name: str, reference: str | int | None) -> tuple[ModelVersion, Pipeline]:
        """A version, and everything that was trained."""
        version = self._catalogue.version(name, reference)
        return version, self._pipeline(version)

    def _pipeline(self, version: ModelVersion) -> Pipeline:
        try:
            return archive.load(self._artifacts.get(version.draft.archive))
        except InvalidArchive as error:
            raise Corrupt(f"Version {version.number} of {version.model} cannot be loaded: {error.message}") from error


def _written(pipeline: Pipeline, options: ExportOptions) -> bytes:
    from model.interchange.onnx_export import export, verify  # noqa: PLC0415 - slow to load, and seldom needed

    try:
        content = export(pipeline, opset=options.opset, folded=options.fold)
        verify(content, pipeline)
    except ExportRefused as error:
        raise NotAllowedNow(error.message) from error
    return content
