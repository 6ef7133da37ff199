"""Questions answered together are answered as alone, whatever else is in the batch."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.scaling import Preprocessing
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.network import Network
from model.pipeline import Pipeline
from service.domain.artifacts import Artifact
from service.domain.inference import InferResult, Tensor
from service.domain.jobs import Job
from service.domain.models import ModelVersion
from service.errors import InvalidRequest
from service.serving.loaded import LoadedModel
from service.usecases.inference import Inference, Question
from tests.fakes import FakeClock
from tests.records import a_draft

LAYERS: sequence.Layers = (Conv1d(5, 4), BatchNormalization(), Relu(), GlobalAveragePool(), Dense(3))
OUTPUTS = ("probabilities", "label")
TOLERANCE = 1e-6
"""Of probabilities: BLAS sums in another order when it has more rows."""

INFERENCE = Inference(None, None, None, None)  # type: ignore[arg-type]  # answering needs the questions only


@cache
def held(masked: bool) -> LoadedModel:
    network = Network.initialize(LAYERS, 2, None, np.random.default_rng(0))
    preprocessing = Preprocessing("channel", "interpolate", np.zeros(2, np.float32), np.ones(2, np.float32))
    pipeline = Pipeline("classification", network, preprocessing, ("x", "y"), ("a", "b", "c"), masked=masked)
    return LoadedModel(version(), pipeline, lambda: None)


@cache
def version(number: int = 1) -> ModelVersion:
    now = FakeClock().now()
    draft = a_draft(Job(f"job_{number}", "gestures", "ds_1", "digest", {}, 1, now))
    return ModelVersion(number, replace(draft, archive=Artifact(f"models/job_{number}-1.wavetap", "", 1)), now)


def question(cases: Tensor, masked: bool, outputs: tuple[str, ...] = OUTPUTS, number: int = 1) -> Question:
    model = held(masked)
    return Question(version(number), model, model.intake.take(cases), outputs)


@st.composite
def requests(draw: st.DrawFn) -> list[tuple[Tensor, tuple[str, ...]]]:
    length = draw(st.integers(5, 40))
    found = []
    for seed in draw(st.lists(st.integers(0, 2**31), min_size=1, max_size=8)):
        generator = np.random.default_rng(seed)
        cases = generator.normal(size=(draw(st.integers(1, 9)), 2, length)).astype(np.float32)
        cases[generator.random(cases.shape) < draw(st.sampled_from([0, 0.2]))] = np.nan
        found.append((cases, draw(st.sampled_from([OUTPUTS, OUTPUTS[::-1], ("label",), ("probabilities",)]))))
    return found


@given(asked=requests(), masked=st.booleans())
def test_each_caller_gets_the_answer_it_would_get_alone(
    asked: list[tuple[Tensor, tuple[str, ...]]], masked: bool
) -> None:
    questions = [question(cases, masked, outputs) for cases, outputs in asked]
    alike = [one for one in questions if one.key == questions[0].key]
    for one, together in zip(alike, INFERENCE.answers(alike), strict=True):
        (alone,) = INFERENCE.answers([one])
        assert isinstance(together, InferResult)
        assert isinstance(alone, InferResult)
        assert tuple(together.outputs) == one.outputs
        for name in one.outputs:
            assert len(together.outputs[name]) == one.rows
        if "probabilities" in one.outputs:
            np.testing.assert_allclose(
                together.outputs["probabilities"], alone.outputs["probabilities"], rtol=0, atol=TOLERANCE
            )


def test_a_question_whose_answer_is_not_finite_is_refused_and_the_others_are_answered() -> None:
    normal, huge = np.ones((2, 2, 9), np.float32), np.full((2, 2, 9), 3e38, np.float32)
    before, poisoned, after = INFERENCE.answers([question(cases, masked=False) for cases in (normal, huge, normal)])
    assert isinstance(poisoned, InvalidRequest)
    assert "Case 0" in poisoned.message
    assert isinstance(before, InferResult)
    assert isinstance(after, InferResult)
    np.testing.assert_array_equal(before.outputs["probabilities"], after.outputs["probabilities"])


@pytest.mark.parametrize("masked", [False, True])
def test_only_questions_of_one_version_and_one_length_of_plan_share_a_key(masked: bool) -> None:
    def key(*lengths: int) -> object:
        cases = np.empty(len(lengths), object)
        for index, length in enumerate(lengths):
            cases[index] = np.ones((2, length), np.float32)
        return question(cases, masked).key

    assert key(16) == key(16, 16)
    assert (key(15) == key(16)) is masked  # a masked model pads both to one length
    assert key(16) != key(64)
    assert key(16, 64) != key(16, 64)
    same = np.ones((1, 2, 16), np.float32)
    assert question(same, masked).key == question(same.copy(), masked).key != question(same, masked, number=2).key
