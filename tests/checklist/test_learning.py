"""F13 and C4 on a network that has learned: what it knows stands in the order of time."""

import numpy as np

from model.arrays import Array
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalMaxPool
from model.layers.relu import Relu
from model.losses import SoftmaxCrossEntropy
from model.network import Network
from model.optimizers import Adam
from model.plan import compile  # noqa: A004 - the field's word for it

CASES, STEPS = 64, 40


def planted(generator: np.random.Generator) -> tuple[Array, Array]:
    """x (N, L, 1) of noise with a rise, or a fall, planted at any place; labels (N, 1)."""
    x, labels = generator.normal(0, 0.3, (CASES, STEPS, 1)), generator.integers(0, 2, (CASES, 1))
    rise = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    for case, label in zip(x, labels[:, 0], strict=True):
        start = generator.integers(0, STEPS - 5)
        case[start : start + 5, 0] += rise if label else -rise
    return x, labels


def test_F13_a_shift_changes_no_answer_and_shuffled_time_destroys_what_was_learned() -> None:
    generator = np.random.default_rng(0)
    network = Network.initialize((Conv1d(4, 5), Relu(), GlobalMaxPool(), Dense(2)), 1, STEPS, generator)
    plan = compile(network, batch=CASES, length=STEPS, mode="training", loss=SoftmaxCrossEntropy())
    optimizer = Adam(learning_rate=0.02).bind(plan.parameters.size)
    for _ in range(150):
        plan.inputs[...], plan.targets[...] = planted(generator)
        plan.step()
        optimizer.update(plan.parameters, plan.gradient)

    def accuracy(x: Array, labels: Array) -> float:
        plan.inputs[...] = x
        return float((plan.forward().argmax(axis=1) == labels[:, 0]).mean())

    x, labels = planted(generator)
    assert accuracy(x, labels) > 0.95
    assert accuracy(np.roll(x, 7, axis=1), labels) > 0.9
    assert accuracy(generator.permuted(x, axis=1), labels) < 0.75
