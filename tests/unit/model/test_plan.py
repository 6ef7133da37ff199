"""Plans: what they share, what they own, and what they refuse."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.relu import Relu
from model.losses import MeanSquaredError, SoftmaxCrossEntropy
from model.network import Network
from model.plan import Plan, compile  # noqa: A004 - the field's word for it

BODY: tuple[LayerSpec, ...] = (Conv1d(4, 3), BatchNormalization(), Relu(), GlobalAveragePool(), Dense(3))


def network_of(layers: tuple[LayerSpec, ...] = BODY) -> Network:
    return Network.initialize(layers, 2, 20, np.random.default_rng(0))


def training_plan(network: Network, **options: object) -> Plan:
    plan = compile(network, batch=6, length=20, mode="training", loss=SoftmaxCrossEntropy(), **options)
    plan.inputs[...] = np.random.default_rng(1).standard_normal(plan.inputs.shape)
    plan.targets[:, 0] = [0, 1, 2, 0, 1, 2]
    return plan


def test_training_moves_its_own_copy_and_leaves_the_network_alone() -> None:
    network = network_of()
    kept = network.parameters.copy(), network.state.copy()
    plan = training_plan(network)
    plan.step()
    plan.parameters -= plan.gradient
    np.testing.assert_array_equal(network.parameters, kept[0])
    np.testing.assert_array_equal(network.state, kept[1])
    assert not np.array_equal(plan.state, kept[1])


def test_plans_that_share_vectors_see_each_others_changes() -> None:
    network = network_of()
    parameters, state = network.parameters.copy(), network.state.copy()
    trained = training_plan(network, parameters=parameters, state=state)
    serving = compile(network, batch=6, length=20, parameters=parameters, state=state)
    assert trained.parameters is parameters
    serving.inputs[...] = trained.inputs
    before = serving.forward().copy()
    trained.step()
    trained.parameters -= trained.gradient
    serving.refresh()
    assert not np.allclose(serving.forward(), before)


def test_a_step_allocates_next_to_nothing() -> None:
    network = Network.initialize(BODY, 2, 400, np.random.default_rng(0))
    plan = compile(network, batch=32, length=400, mode="training", loss=SoftmaxCrossEntropy())
    plan.step()
    tracemalloc.start()
    plan.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    activations = 32 * 400 * 4 * 4
    assert peak < activations / 4


@pytest.mark.parametrize("threads", [1, 2, 3, 50])
def test_every_case_belongs_to_one_shard(threads: int) -> None:
    plan = compile(network_of(), batch=7, length=20, threads=threads)
    covered = [case for shard in plan.workshop.shards for case in range(7)[shard]]
    assert covered == list(range(7))
    assert all(shard.stop > shard.start for shard in plan.workshop.shards)
    plan.close()


def test_weights_count_cases_and_zero_leaves_one_out() -> None:
    network = network_of((Conv1d(4, 3), Relu(), GlobalAveragePool(), Dense(3)))
    plan = training_plan(network)
    plan.weights[...] = [1, 1, 1, 1, 0, 0]
    loss, gradient = plan.step(), plan.gradient.copy()
    fewer = compile(network, batch=4, length=20, mode="training", loss=SoftmaxCrossEntropy())
    fewer.inputs[...], fewer.targets[...] = plan.inputs[:4], plan.targets[:4]
    assert fewer.step() == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(gradient, fewer.gradient, rtol=1e-4, atol=1e-6)


def test_evaluate_gives_the_loss_of_a_step_without_gradients() -> None:
    network = network_of((Conv1d(4, 3), Relu(), GlobalAveragePool(), Dense(3)))
    plan = training_plan(network)
    loss = plan.step()
    plan.gradient[...] = 7
    assert plan.evaluate() == pytest.approx(loss, rel=1e-6)
    assert (plan.gradient == 7).all()


def test_padded_steps_weigh_nothing_in_a_network_that_answers_step_by_step() -> None:
    network = Network.initialize((Conv1d(2, 3, padding="causal"),), 1, None, np.random.default_rng(0))
    plan = compile(network, batch=2, length=9, mode="training", loss=MeanSquaredError(), masked=True)
    plan.lengths[...] = [9, 4]
    x = np.random.default_rng(1).standard_normal((2, 9, 1)).astype(np.float32)
    x[1, 4:] = 0
    plan.inputs[...] = x
    plan.targets[...] = 1
    loss = plan.step()
    errors = np.concatenate([plan.outputs[0] - 1, plan.outputs[1, :4] - 1])
    assert loss == pytest.approx(float((errors**2).mean()), rel=1e-5)


def test_a_plan_replays_its_dropout_from_the_same_generators() -> None:
    network = network_of((Dropout(0.5), Conv1d(4, 3), GlobalAveragePool(), Dense(3)))
    plan = training_plan(network)
    plan.generators = [np.random.default_rng(5)]
    first, second = plan.step(), plan.step()
    plan.generators = [np.random.default_rng(5)]
    assert plan.step() == first
    assert second != first
    with pytest.raises(ValueError, match="a plan of 1 shards needs as many generators"):
        plan.generators = []


def test_a_fixed_length_is_held_to() -> None:
    network = network_of((Conv1d(4, 3), Flatten(), Dense(3)))
    with pytest.raises(InvalidSpec, match="the network takes series of 20 steps, not of 21"):
        compile(network, batch=1, length=21)


def test_a_series_too_short_for_a_layer_is_refused_before_any_memory_is_made() -> None:
    network = network_of((Conv1d(4, 9, padding="valid"), GlobalAveragePool(), Dense(3)))
    with pytest.raises(InvalidSpec, match=r"layers\[0\] \(conv1d\): a kernel of 9"):
        compile(network, batch=10**9, length=8)


def test_a_backward_pass_needs_a_loss_and_the_training_mode() -> None:
    with pytest.raises(ValueError, match="needs a loss and the training mode"):
        compile(network_of(), batch=1, length=20, mode="training").backward()
    plan = compile(network_of(), batch=1, length=20, loss=SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="needs a loss and the training mode"):
        plan.backward()
    with pytest.raises(ValueError, match="without input_gradient"):
        assert plan.input_gradient is None
    with pytest.raises(ValueError, match="needs a loss to evaluate"):
        compile(network_of(), batch=1, length=20).evaluate()


def test_an_error_in_a_shard_reaches_the_caller() -> None:
    plan = training_plan(network_of(), threads=2)
    plan.targets[5] = 99
    with pytest.raises(IndexError):
        plan.step()
    plan.targets[5] = 0
    assert np.isfinite(plan.step())
    plan.close()


def test_nothing_gets_a_gradient_that_neither_a_parameter_nor_the_caller_wants() -> None:
    by_hand = (HandcraftedFilters((2, 4)), Relu())
    network = network_of((Parallel((by_hand, (Conv1d(3, 3),))), GlobalAveragePool(), Dense(3)))

    def gradients(*, wanted: bool) -> list[int]:
        plan = training_plan(network, input_gradient=wanted)
        plan.step()
        return [storage.channels for storage in plan.workshop.storages if storage.of_gradient]

    filters = by_hand[0].output(Shape(2, 20)).channels
    assert filters not in gradients(wanted=False)
    assert filters in gradients(wanted=True)


def test_a_network_without_parameters_is_trained_to_no_effect() -> None:
    plan = training_plan(network_of((Relu(), GlobalAveragePool())))
    plan.targets[...] = 0
    assert plan.step() > 0
    assert plan.gradient.size == 0


@pytest.mark.parametrize(("sizes", "names"), [({"batch": 0}, "batch is 0"), ({"length": -1}, "length is -1")])
def test_a_plan_of_nothing_is_refused(sizes: dict[str, int], names: str) -> None:
    with pytest.raises(InvalidSpec, match=f"{names}, but must be a whole number of at least 1"):
        compile(network_of(), **({"batch": 2, "length": 20} | sizes))


def test_a_plan_that_nobody_holds_gives_its_memory_back_at_once() -> None:
    network = network_of((Conv1d(4, 3), Relu(), GlobalAveragePool(), Dense(3)))
    gc.disable()  # nothing may wait for a search for cycles: it is seldom made, and plans are large
    try:
        plan = compile(network, batch=2, length=20)
        plan.forward()
        held = [weakref.ref(each) for each in (*plan.workshop.operations, *plan.workshop.storages)]
        assert held
        del plan
        assert [each() for each in held if each() is not None] == []
    finally:
        gc.enable()
