"""Storages that share their rows compute what storages of their own compute, bit for bit."""

from collections.abc import Callable
from contextlib import nullcontext
from unittest import mock

import numpy as np
import pytest

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import LayerSpec
from model.layers.parallel import Parallel
from model.layers.pooling import MaxPool
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.losses import SoftmaxCrossEntropy
from model.network import Network
from model.plan import Plan, compile  # noqa: A004 - the field's word for it
from model.recipes import build

SMALL: dict[str, Callable[[], tuple[LayerSpec, ...]]] = {
    "fcn": lambda: build("fcn", filters=(6, 8, 6)),
    "resnet": lambda: build("resnet", filters=4),
    "inception": lambda: build("inception", filters=4, bottleneck=4),
    "repeated": lambda: (
        *(Conv1d(4, 3), BatchNormalization(), BatchNormalization(), Relu(), Dropout(0.3)),
        Residual((Conv1d(4, 3), BatchNormalization(), Relu(), Conv1d(4, 3))),
        Parallel(((), (MaxPool(3, 1, "same"), Conv1d(2, 1)), (Relu(), Conv1d(3, 5)))),
        GlobalAveragePool(),
    ),
}


def stepped(body: tuple[LayerSpec, ...], *, masked: bool, shared: bool) -> tuple[Plan, float]:
    """A plan after two steps of training on the same noise."""
    generator = np.random.default_rng(0)
    network = Network.initialize((*body, Dense(3)), 2, 24, generator)
    with nullcontext() if shared else mock.patch("model.activations.Storage.stand_on"):
        plan = compile(
            network, batch=5, length=24, mode="training", loss=SoftmaxCrossEntropy(), masked=masked, threads=2
        )
    plan.inputs[...] = generator.standard_normal(plan.inputs.shape)
    if plan.lengths is not None:
        plan.lengths[...] = [24, 11, 17, 24, 8]
        for case, length in enumerate(plan.lengths):
            plan.inputs[case, length:] = 0
    plan.targets[...] = generator.integers(0, 3, plan.targets.shape)
    plan.step()
    plan.parameters[...] -= np.float32(0.01) * plan.gradient
    return plan, plan.step()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_shared_rows_change_no_bit_and_take_less_memory(name: str, masked: bool) -> None:
    shared, loss = stepped(SMALL[name](), masked=masked, shared=True)
    apart, expected = stepped(SMALL[name](), masked=masked, shared=False)
    try:
        assert loss == expected
        np.testing.assert_array_equal(shared.gradient, apart.gradient)
        np.testing.assert_array_equal(shared.state, apart.state)
        np.testing.assert_array_equal(shared.outputs, apart.outputs)
        assert shared.nbytes < apart.nbytes
    finally:
        shared.close()
        apart.close()
