"""An ensemble is one network, and answers with the mean of its members' answers."""

from dataclasses import replace

import numpy as np
import pytest

from model.ensemble import combine, ensemble
from model.errors import InvalidSpec
from model.interchange import archive
from model.interchange.onnx_export import export, verify
from model.layers.consensus import Consensus
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.losses import SoftmaxCrossEntropy
from model.network import Network
from model.pipeline import Pipeline, Predictor, softmax
from model.plan import compile  # noqa: A004 - the field's word for it
from model.recipes import build
from tests.reference.differences import assert_gradients
from tests.reference.pipelines import pipeline_of
from tests.reference.problem import Problem

BODY = (Conv1d(4, 3), Relu(), GlobalAveragePool(), Dense(3))


def network(seed: int, layers: tuple[object, ...] = BODY, channels: int = 2) -> Network:
    return Network.initialize(layers, channels, None, np.random.default_rng(seed))  # type: ignore[arg-type]


def forward(of: Network, x: np.ndarray) -> np.ndarray:
    plan = compile(of, batch=x.shape[0], length=x.shape[1])
    plan.inputs[...] = x
    return plan.forward().copy()


X = np.random.default_rng(0).normal(size=(5, 20, 2))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_probabilities_are_the_mean_of_the_members(count: int) -> None:
    members = [network(seed) for seed in range(count)]
    expected = np.mean([softmax(forward(member, X)) for member in members], axis=0)
    np.testing.assert_allclose(softmax(forward(ensemble(members, classifies=True), X)), expected, atol=1e-6)


def test_values_are_the_mean_of_the_members() -> None:
    members = [network(seed) for seed in range(3)]
    expected = np.mean([forward(member, X) for member in members], axis=0)
    np.testing.assert_allclose(forward(ensemble(members, classifies=False), X), expected, atol=1e-6)


def test_members_may_be_of_different_architectures() -> None:
    members = [network(0), network(1, (*build("lite"), Dense(3)))]
    expected = np.mean([softmax(forward(member, X)) for member in members], axis=0)
    np.testing.assert_allclose(softmax(forward(ensemble(members, classifies=True), X)), expected, atol=1e-6)


def test_the_parameters_are_those_of_the_members_one_after_another() -> None:
    members = [network(seed, (*build("lite"), Dense(3))) for seed in range(2)]
    whole = ensemble(members, classifies=True)
    views = whole.layout.views(whole.parameters)
    for index, member in enumerate(members):
        for name, view in member.layout.views(member.parameters).items():
            inside = f"layers/0/branches/{index}/{name.removeprefix('layers/')}"
            np.testing.assert_array_equal(views[inside], view)
    assert whole.state.size == 2 * members[0].state.size
    whole.parameters[...] = 0
    assert all(member.parameters.any() for member in members)


def test_inceptiontime_is_five_networks_of_the_published_size() -> None:
    members = [network(seed, build("inception"), channels=1) for seed in range(5)]
    assert ensemble(members, classifies=True).parameters.size == 5 * 420_192


def test_an_ensemble_can_be_trained_as_one_network() -> None:
    whole = ensemble([network(seed) for seed in range(3)], classifies=True)
    plan = compile(whole, batch=5, length=20, mode="training", loss=SoftmaxCrossEntropy())
    plan.inputs[...] = X
    losses = []
    for _ in range(20):
        losses.append(plan.step())
        plan.parameters -= 0.2 * plan.gradient
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("of", ["logits", "values"])
@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_gradients_of_a_consensus_are_those_of_central_differences(of: str, masked: bool) -> None:
    layers = (Conv1d(6, 2), Consensus(3, of), Conv1d(2, 2))  # type: ignore[arg-type]
    assert_gradients(Problem(layers, 2, (6, 2, 4) if masked else (6, 6), masked))


def test_a_consensus_of_members_that_are_sure_of_different_classes_stays_finite() -> None:
    certain = np.array([[[200.0, -200.0, -200.0, 200.0]]])
    whole = Network.initialize((Consensus(2),), 4, 1, np.random.default_rng(0))
    np.testing.assert_allclose(softmax(forward(whole, certain)[0]), [[0.5, 0.5]])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_combined_pipeline_predicts_is_kept_and_exported_like_any_other(task: str) -> None:
    first = pipeline_of(BODY[:3], task=task)
    others = [
        replace(first, network=first.network.with_parameters(first.network.parameters * scale, first.network.state))
        for scale in (0.5, -1.0)
    ]
    members = [first, *others]
    whole = combine(members)
    series = np.random.default_rng(1).normal(size=(4, len(first.channels), 30)).astype(np.float32)
    name = "probabilities" if task == "classification" else "value"
    expected = np.mean([Predictor(member).predict(series)[name] for member in members], axis=0)
    np.testing.assert_allclose(Predictor(whole).predict(series)[name], expected, rtol=1e-4, atol=1e-5)
    again: Pipeline = archive.load(archive.save(whole))
    np.testing.assert_array_equal(Predictor(again).predict(series)[name], Predictor(whole).predict(series)[name])
    assert verify(export(whole), whole) < 1e-4


def test_members_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InvalidSpec, match="a member at least"):
        ensemble([], classifies=True)
    with pytest.raises(InvalidSpec, match=r"member 1 turns 3 channels .* but member 0 turns 2 channels"):
        ensemble([network(0), network(1, channels=3)], classifies=True)
    with pytest.raises(InvalidSpec, match="into a vector of 4"):
        ensemble([network(0), network(1, BODY[:3])], classifies=True)


def test_pipelines_of_other_preprocessing_are_refused() -> None:
    first = pipeline_of(BODY[:3])
    with pytest.raises(InvalidSpec, match="member 1 has another preprocessing"):
        combine([first, replace(first, preprocessing=replace(first.preprocessing, mean=first.preprocessing.mean + 1))])
    with pytest.raises(InvalidSpec, match="a member at least"):
        combine([])


def test_channels_that_members_cannot_share_are_refused() -> None:
    with pytest.raises(InvalidSpec, match="2 members cannot share evenly") as refusal:
        Network.initialize((Consensus(2),), 3, None, np.random.default_rng(0))
    assert refusal.value.pointer == "/layers/0/members"
