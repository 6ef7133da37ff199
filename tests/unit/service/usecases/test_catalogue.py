"""Models as their users see them."""

from datetime import timedelta

import pytest

from service.domain.models import ModelVersion, OnnxExport
from service.errors import Corrupt, InvalidRequest, NotFound
from service.usecases.aliases import Aliases
from service.usecases.catalogue import Catalogue
from tests.records import a_dataset, a_draft, a_job, without_onnx
from tests.stores import Stores


@pytest.fixture
def catalogue(stores: Stores) -> Catalogue:
    return Catalogue(stores.catalogue, stores.artifacts)


def publish(stores: Stores, reason: str | None = None) -> ModelVersion:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset))
    job = stores.jobs.claim("host:a", timedelta(seconds=30))
    assert job is not None
    draft = a_draft(job)
    archive = stores.artifacts.put(draft.archive.key, b"archive")
    onnx = stores.artifacts.put(f"models/{job.id}.onnx", b"onnx")
    draft = type(draft)(**{**vars(draft), "archive": archive, "onnx": OnnxExport(onnx, 1e-6)})
    return stores.jobs.publish(job.claim, draft if reason is None else without_onnx(draft, reason))


def test_an_onnx_file_has_a_name_of_its_own(stores: Stores, catalogue: Catalogue) -> None:
    publish(stores)
    publish(stores)
    file = catalogue.onnx("gestures", 1)
    assert (file.filename, file.content, file.version.number) == ("gestures-1.onnx", b"onnx", 1)


def test_a_version_without_onnx_says_why(stores: Stores, catalogue: Catalogue) -> None:
    publish(stores, "The layer spin has no ONNX twin.")
    with pytest.raises(NotFound, match="spin"):
        catalogue.onnx("gestures")


def test_a_damaged_onnx_file_is_not_handed_out(stores: Stores, catalogue: Catalogue) -> None:
    artifact = publish(stores).draft.onnx.artifact
    assert artifact is not None
    stores.artifacts.path(artifact).write_bytes(b"onnY")
    with pytest.raises(Corrupt):
        catalogue.onnx("gestures")


def test_whoever_has_looked_a_version_up_can_read_it_while_it_is_removed(stores: Stores, catalogue: Catalogue) -> None:
    version, file = publish(stores), catalogue.onnx("gestures", 1).content
    catalogue.remove_version("gestures", 1)
    assert version.draft.onnx.artifact is not None
    assert stores.artifacts.get(version.draft.onnx.artifact) == file
    with pytest.raises(NotFound):
        catalogue.onnx("gestures", 1)


@pytest.mark.parametrize("alias", ["", "1", "42", "a/b", ".."])
def test_an_alias_is_a_name_and_no_number(stores: Stores, alias: str) -> None:
    publish(stores)
    with pytest.raises(InvalidRequest):
        Aliases(stores.aliases).point("gestures", alias, 1)
