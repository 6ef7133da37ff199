"""The filters made by hand: those that were published, and what they see."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.registry import layer_from_json, layer_to_json
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from tests.reference.differences import assert_gradients
from tests.reference.handcrafted import published
from tests.reference.problem import Problem, disagreements


def responses(x: np.ndarray) -> np.ndarray:
    network = Network.initialize((HandcraftedFilters(),), x.shape[1], len(x), np.random.default_rng(0))
    plan = compile(network, batch=1, length=len(x))
    plan.inputs[...] = x
    return plan.forward()[0].copy()


def test_the_seventeen_published_filters_hold_438_numbers() -> None:
    filters = HandcraftedFilters().filters
    assert [filter_.size for filter_ in filters] == [2, 4, 8, 16, 32, 64] * 2 + [6, 12, 24, 48, 96]
    assert sum(filter_.size for filter_ in filters) == 438
    for ours, theirs in zip(filters, published((2, 4, 8, 16, 32, 64)), strict=True):
        np.testing.assert_allclose(ours, theirs)


def test_the_published_lengths_agree_with_the_slow_truth() -> None:
    problem = Problem((HandcraftedFilters(),), 2, (20, 20))
    assert disagreements(problem.solve(), problem.truth(), 1e-10) == {}


@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_gradients_pass_through_filters_that_do_not_learn(masked: bool) -> None:
    layers = (Conv1d(3, 2), HandcraftedFilters((2, 4)), Conv1d(2, 2))
    assert_gradients(Problem(layers, 2, (9, 4, 6) if masked else (9, 9), masked))


def test_nothing_is_learned_and_nothing_stored() -> None:
    network = Network.initialize((HandcraftedFilters(),), 3, None, np.random.default_rng(0))
    assert network.parameters.size == network.state.size == 0


def test_a_step_up_is_an_increase_and_a_step_down_a_decrease() -> None:
    x = np.where(np.arange(40) < 20, 0.0, 1.0)[:, None]
    up, down = responses(x), responses(-x)
    assert up[19, 0] == 1
    assert down[19, 6] == 1
    np.testing.assert_allclose(up[:, 6:12], -up[:, :6])


def test_a_peak_is_found_where_it_is() -> None:
    x = np.exp(-np.square(np.arange(60) - 30.0) / 8)[:, None]
    assert abs(int(responses(x)[:, 13].argmax()) - 30) <= 1


@pytest.mark.parametrize("lengths", [(), (1,), (2, 6), (2.0,), [2, 4], (True,), (2, 8192)], ids=str)
def test_lengths_that_make_no_filters_are_refused(lengths: tuple[int, ...]) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        HandcraftedFilters(lengths)
    assert refusal.value.pointer == "/lengths"


def test_json_gives_the_same_layer_back() -> None:
    spec = HandcraftedFilters((2, 8))
    assert layer_from_json(layer_to_json(spec)) == spec
