"""The one data plane, with a small network that was really trained."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from model.data.series import Series
from model.interchange import archive
from model.pipeline import Pipeline
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.datasets import Ingested, Limits, Reading, Upload
from service.domain.inference import InferResult
from service.domain.models import ModelVersion
from service.domain.serving import READY, UNLOADED, ServingState
from service.errors import Corrupt, InvalidRequest, NotFound, ServiceError, Unavailable
from service.jobs.publication import signature
from service.serving.current import CurrentVersions
from service.serving.loaded import LoadedModels
from service.usecases.datasets import Datasets
from service.usecases.inference import Inference, Question
from service.usecases.repository import Repository
from tests.records import a_dataset, a_draft, a_job, some_series
from tests.stores import Stores

LAYERS = {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "relu"}]}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    series = some_series(cases=32)
    spec = TrainingSpec.from_json({"network": LAYERS, "training": {"epochs": 30, "optimizer": {"kind": "adam"}}})
    trainer = Trainer(series, settled(spec, series))
    deque(trainer.epochs(), maxlen=0)
    return trainer.pipeline()


def answer(inference: Inference, question: Question) -> InferResult:
    (found,) = inference.answers([question])
    if isinstance(found, ServiceError):
        raise found
    return found


@dataclass
class Plane:
    """An inference use case with one published model."""

    stores: Stores
    pipeline: Pipeline
    series: Series

    def __post_init__(self) -> None:
        self.datasets = Datasets(
            self.stores.datasets,
            self.stores.artifacts,
            lambda *_, **__: Ingested(self.series, "ts"),
            self.stores.clock,
            Limits(),
        )
        stores, self.models = self.stores, LoadedModels(self.stores.artifacts)
        current = CurrentVersions(stores.catalogue, stores.withdrawals, stores.changes.stamp)
        self.inference = Inference(stores.catalogue, current, self.models, self.datasets)
        self.repository = Repository(stores.catalogue, stores.withdrawals, self.models)
        self.version = self.publish()

    def publish(self) -> ModelVersion:
        dataset, _ = self.stores.datasets.add(a_dataset(self.stores.clock, name="training"))
        self.stores.jobs.add(a_job(self.stores.clock, dataset))
        job = self.stores.jobs.claim("host:a", timedelta(seconds=30))
        assert job is not None
        content = archive.save(self.pipeline)
        draft = replace(
            a_draft(job),
            archive=self.stores.artifacts.put(f"models/{job.id}", content),
            signature=signature(self.pipeline),
        )
        return self.stores.jobs.publish(job.claim, draft)

    def infer(self, *asked: Any) -> InferResult:
        return answer(self.inference, self.inference.question(*asked))

    def predict(self, *asked: Any) -> InferResult:
        return answer(self.inference, self.inference.question_of_cases(*asked))

    def keep(self, name: str, series: Series) -> None:
        self.series = series
        self.datasets.add(name, Upload(self.stores.artifacts._root, 0), Reading())


@pytest.fixture
def plane(stores: Stores, pipeline: Pipeline) -> Plane:
    return Plane(stores, pipeline, some_series(seed=1))


def batch(count: int = 4) -> np.ndarray:
    series = some_series(count, seed=2)
    return np.stack([series.case(index).T for index in range(count)])


def test_every_case_gets_a_label_and_probabilities(plane: Plane) -> None:
    result = plane.infer("gestures", None, {"series": batch()})
    assert list(result.outputs) == ["probabilities", "label"]
    assert result.outputs["label"].tolist() == ["up", "down", "up", "down"]
    assert result.outputs["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert result.version == plane.version


def test_only_the_outputs_that_were_asked_for_are_given_in_their_order(plane: Plane) -> None:
    result = plane.infer("gestures", "1", {"series": batch()}, ["label", "probabilities"])
    assert list(result.outputs) == ["label", "probabilities"]
    assert list(plane.infer("gestures", "", {"series": batch()}, ["label"]).outputs) == ["label"]


def test_lists_and_tensors_give_the_same_answers(plane: Plane) -> None:
    tensors = plane.infer("gestures", None, {"series": batch()})
    lists = plane.predict("gestures", None, batch().tolist())
    assert np.allclose(tensors.outputs["probabilities"], lists.outputs["probabilities"], atol=1e-6)


def test_missing_values_and_unequal_lengths_are_answered(plane: Plane) -> None:
    cases = [[[1.0, None, 1.0], [None, 1.0, 1.0]], batch(1)[0].tolist()]
    outputs = plane.predict("gestures", None, cases).outputs
    assert np.isfinite(outputs["probabilities"]).all()


def test_an_unknown_model_or_version_is_not_found(plane: Plane) -> None:
    for model, version in (("nope", None), ("gestures", "7")):
        with pytest.raises(NotFound):
            plane.infer(model, version, {"series": batch()})
        assert not plane.inference.ready(model, version)


def test_the_metadata_tell_what_is_taken_and_given(plane: Plane) -> None:
    metadata = plane.inference.metadata("gestures")
    assert (metadata.name, metadata.versions, metadata.platform) == ("gestures", ("1",), "wavetap")
    assert [(spec.name, spec.datatype, spec.shape) for spec in metadata.inputs] == [("series", "FP32", (-1, 2, -1))]
    assert [spec.name for spec in metadata.outputs] == ["probabilities", "label"]
    plane.publish()
    assert plane.inference.metadata("gestures").versions == ("2", "1")
    assert plane.inference.metadata("gestures", 1).versions == ("1",)


def test_a_ready_model_is_loaded(plane: Plane) -> None:
    assert plane.inference.ready("gestures")


def test_a_damaged_archive_is_named_and_not_served(plane: Plane) -> None:
    path = plane.stores.artifacts.path(plane.version.draft.archive)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert not plane.inference.ready("gestures")
    with pytest.raises(Corrupt, match=plane.version.draft.archive.key):
        plane.infer("gestures", None, {"series": batch()})


def test_an_unloaded_model_is_refused_until_it_is_loaded_again(plane: Plane) -> None:
    assert [(one.number, one.standing) for one in plane.repository.index(ready=True)] == [(1, READY)]
    plane.repository.unload("gestures")
    assert plane.repository.index(ready=True) == []
    assert [one.standing for one in plane.repository.index()] == [UNLOADED]
    assert not plane.inference.ready("gestures")
    with pytest.raises(Unavailable, match="unloaded"):
        plane.infer("gestures", None, {"series": batch()})
    assert plane.models.nbytes == 0
    plane.repository.load("gestures")
    plane.repository.load("gestures")
    assert plane.inference.ready("gestures")


def test_what_was_asked_before_its_model_is_unloaded_and_removed_is_answered(plane: Plane) -> None:
    asked = plane.inference.question("gestures", None, {"series": batch()})
    plane.repository.unload("gestures")
    plane.stores.catalogue.remove_model("gestures")
    plane.stores.artifacts.delete(plane.version.draft.archive.key)
    assert len(answer(plane.inference, asked).outputs["label"]) == 4


def test_a_model_that_cannot_be_loaded_says_why_and_the_others_go_on(plane: Plane) -> None:
    broken = plane.publish()
    path = plane.stores.artifacts.path(broken.draft.archive)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Corrupt):
        plane.repository.load("gestures")
    assert {one.number: one.standing.state for one in plane.repository.index()} == {
        1: ServingState.READY,
        2: ServingState.UNAVAILABLE,
    }
    assert plane.inference.ready("gestures", 1)


def test_only_what_is_there_is_loaded_and_unloaded(plane: Plane) -> None:
    for act in (plane.repository.load, plane.repository.unload):
        with pytest.raises(NotFound):
            act("nope")


def test_a_model_is_measured_on_a_dataset(plane: Plane) -> None:
    plane.keep("test", some_series(cases=10, seed=3))
    evaluation = plane.inference.evaluate("gestures", None, "test")
    assert (evaluation.cases, evaluation.metrics["accuracy"]) == (10, 1.0)
    assert evaluation.confusion == {"up": {"up": 5}, "down": {"down": 5}}


def test_labels_are_compared_by_their_names(plane: Plane) -> None:
    series = some_series(cases=10, seed=3)
    plane.keep("ups", series.select(np.flatnonzero(series.labels == 1)))
    only = Series.from_cases([series.case(index) for index in range(0, 10, 2)], labels=["up"] * 5)
    plane.keep("only-ups", only)
    assert plane.inference.evaluate("gestures", None, "only-ups").metrics["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("series", "match"),
    [
        (some_series(channels=3), "2 channels, the dataset has 3"),
        (Series.from_cases([np.zeros((9, 2))] * 2, labels=["sideways", "up"]), "sideways"),
        (Series.from_cases([np.zeros((9, 2))] * 2, targets=np.zeros(2)), "is for regression"),
        (Series.from_cases([np.zeros((9, 2))] * 2), "is for forecasting"),
    ],
)
def test_a_dataset_that_says_nothing_of_the_model_is_refused(plane: Plane, series: Series, match: str) -> None:
    plane.keep("other", series)
    with pytest.raises(InvalidRequest, match=match) as caught:
        plane.inference.evaluate("gestures", None, "other")
    assert caught.value.details[0].pointer == "/dataset"


def test_an_unknown_dataset_is_not_found(plane: Plane) -> None:
    with pytest.raises(NotFound) as caught:
        plane.inference.evaluate("gestures", None, "nope")
    assert caught.value.details[0].pointer == "/dataset"
