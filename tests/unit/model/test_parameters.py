"""Flat vectors, named views, and how parameters begin."""

import math

import numpy as np
import pytest

from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.network import Network
from model.parameters import INITIALIZERS, Layout, Parameter

KERNEL = Parameter("kernel", (2, 5, 30, 40), "he_normal", fan_in=150, fan_out=200, decay=True)
LAYOUT = Layout.of((Parameter("a", (2, 3)), KERNEL.within("layers/0"), Parameter("b", ())))


def test_views_share_the_flat_vectors_memory_and_fill_it_in_order() -> None:
    flat = np.arange(LAYOUT.size, dtype=np.float32)
    views = LAYOUT.views(flat)
    assert list(views) == ["a", "layers/0/kernel", "b"]
    assert [view.shape for view in views.values()] == [(2, 3), (2, 5, 30, 40), ()]
    np.testing.assert_array_equal(np.concatenate([view.ravel() for view in views.values()]), flat)
    views["layers/0/kernel"][...] = -1
    assert (flat[6:-1] == -1).all()


def test_decay_applies_to_kernels_and_not_to_biases() -> None:
    network = Network.initialize((Conv1d(3, 2), Dense(2)), 2, 5, np.random.default_rng(0))
    decayed = network.layout.views(network.layout.decayed())
    assert {name: bool(mask.all()) for name, mask in decayed.items()} == {
        "layers/0/kernel": True,
        "layers/0/bias": False,
        "layers/1/kernel": True,
        "layers/1/bias": False,
    }


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("he_normal", 2 / 150),
        ("he_uniform", 2 / 150),
        ("glorot_normal", 2 / 350),
        ("glorot_uniform", 2 / 350),
        ("lecun_normal", 1 / 150),
        ("lecun_uniform", 1 / 150),
        ("narrow_normal", 0.01**2),
        ("zeros", 0.0),
    ],
)
def test_an_initializer_draws_with_its_variance_around_zero(name: str, variance: float) -> None:
    drawn = INITIALIZERS[name](KERNEL, np.random.default_rng(0))
    assert drawn.shape == KERNEL.shape
    assert drawn.var() == pytest.approx(variance, rel=0.05)
    assert abs(drawn.mean()) <= 4 * math.sqrt(variance / KERNEL.size)


@pytest.mark.parametrize("shape", [(1, 3, 2, 4), (1, 2, 1, 5), (2, 2, 2, 8)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape: tuple[int, ...]) -> None:
    drawn = INITIALIZERS["orthogonal"](Parameter("kernel", shape), np.random.default_rng(0)).reshape(-1, shape[-1])
    product = drawn @ drawn.T if drawn.shape[0] <= drawn.shape[1] else drawn.T @ drawn
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_the_same_generator_gives_the_same_start() -> None:
    first, second = (LAYOUT.initialize(np.random.default_rng(3)) for _ in range(2))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
