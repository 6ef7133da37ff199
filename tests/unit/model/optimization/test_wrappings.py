"""What stands around an optimizer: clipping, rates by layer and averaged weights, each alone and all together."""

import numpy as np
import pytest

from model.arrays import Array
from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.network import Network
from model.optimization import ClipNorm, ClipValue, LayerRates, WeightAverage, wrap
from model.optimization.clipping import length
from model.optimizers import Adam, AdamW, OptimizerSpec, Sgd
from model.parameters import Layout

LAYERS = (Conv1d(2, 2), Residual((Conv1d(2, 3), Relu()), shortcut=(Conv1d(2, 1),)), Conv1d(3, 1), GlobalAveragePool())
SPECS = (Sgd(0.1), Sgd(0.1, momentum=0.9), Adam(0.05), AdamW(0.05, weight_decay=0.2))


@pytest.fixture
def layout() -> Layout:
    return Network.initialize(LAYERS, 2, None, np.random.default_rng(0)).layout


def gradients(size: int, count: int = 6) -> Array:
    return np.random.default_rng(1).normal(0, 2, (count, size)).astype(np.float32)


def trained(optimizer: object, size: int, count: int = 6) -> Array:
    parameters = np.linspace(-1, 1, size, dtype=np.float32)
    for gradient in gradients(size, count):
        optimizer.update(parameters, gradient.copy())  # type: ignore[attr-defined]
    return parameters


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e3, 1e30])
def test_a_norm_is_right_for_numbers_of_any_size(scale: float) -> None:
    gradient = (gradients(50)[0] * scale).astype(np.float32)
    assert length(gradient) == pytest.approx(float(np.linalg.norm(gradient.astype(np.float64))), rel=1e-5)


def test_the_norm_of_nothing_is_zero() -> None:
    assert length(np.zeros(3, np.float32)) == length(np.zeros(0, np.float32)) == 0


def test_a_long_gradient_is_shortened_in_its_own_direction() -> None:
    gradient = np.array([3.0, -4.0], np.float32)
    ClipNorm(2.5).clip(gradient)
    np.testing.assert_allclose(gradient, [1.5, -2.0])


def test_a_short_gradient_is_left_as_it_is() -> None:
    gradient = np.array([0.3, -0.4], np.float32)
    ClipNorm(0.51).clip(gradient)
    np.testing.assert_array_equal(gradient, np.array([0.3, -0.4], np.float32))


def test_values_are_clipped_one_by_one() -> None:
    gradient = np.array([3.0, -4.0, 0.2], np.float32)
    ClipValue(0.5).clip(gradient)
    np.testing.assert_allclose(gradient, [0.5, -0.5, 0.2])


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_rate_of_its_own_is_what_the_optimizer_does_with_that_rate(layout: Layout, spec: OptimizerSpec) -> None:
    rates = LayerRates.of({"layers/0": 0.1, "layers/1": 0.5, "layers/1/shortcut": 0.0})
    found = trained(rates.around(spec.bind(layout.size), layout), layout.size, count=1)
    alone = {
        factor: trained(
            type(spec)(**{**vars(spec), "learning_rate": spec.learning_rate * factor}).bind(layout.size), layout.size, 1
        )
        for factor in (0.0, 0.1, 0.5, 1.0)
    }
    factors = rates.vector(layout)
    for factor, expected in alone.items():
        chosen = factors == np.float32(factor)
        assert chosen.any()
        np.testing.assert_allclose(found[chosen], expected[chosen], rtol=1e-5, atol=1e-7)


def test_the_longest_place_decides_and_others_keep_their_rate(layout: Layout) -> None:
    vector = LayerRates.of({"layers/1": 0.5, "layers/1/layers/0/bias": 2.0}).vector(layout)
    views = layout.views(vector)
    assert {name: set(view.ravel().tolist()) for name, view in views.items()} == {
        "layers/0/kernel": {1.0},
        "layers/0/bias": {1.0},
        "layers/1/layers/0/kernel": {0.5},
        "layers/1/layers/0/bias": {2.0},
        "layers/1/shortcut/0/kernel": {0.5},
        "layers/1/shortcut/0/bias": {0.5},
        "layers/2/kernel": {1.0},
        "layers/2/bias": {1.0},
    }


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_frozen_layer_keeps_its_bits_and_the_others_do_not_notice(layout: Layout, spec: OptimizerSpec) -> None:
    frozen = LayerRates.of({"layers/1": 0.0})
    start = np.linspace(-1, 1, layout.size, dtype=np.float32)
    found = trained(frozen.around(spec.bind(layout.size), layout), layout.size)
    free = trained(spec.bind(layout.size), layout.size)
    held = frozen.vector(layout) == 0
    np.testing.assert_array_equal(found[held], start[held])
    np.testing.assert_array_equal(found[~held], free[~held])


@pytest.mark.parametrize("place", ["layers/9", "layers/0/ker", "head", ""])
def test_a_place_without_parameters_is_refused(layout: Layout, place: str) -> None:
    with pytest.raises(InvalidSpec, match="no parameter stands at"):
        LayerRates.of({place: 0.5}).vector(layout)


def test_a_rate_below_zero_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"factors/layers/0 is -1\.0"):
        LayerRates.of({"layers/0": -1.0})


@pytest.mark.parametrize("warmup", [False, True])
def test_an_average_is_that_of_its_definition(layout: Layout, warmup: bool) -> None:
    parameters = np.linspace(-1, 1, layout.size, dtype=np.float32)
    optimizer = WeightAverage(0.9, warmup=warmup).around(Sgd(0.1).bind(layout.size), layout)
    expected = parameters.astype(np.float64)
    for step, gradient in enumerate(gradients(layout.size, 20), start=1):
        optimizer.update(parameters, gradient.copy())
        decay = min(0.9, (1 + step) / (10 + step)) if warmup else 0.9
        expected = decay * expected + (1 - decay) * parameters
    np.testing.assert_allclose(optimizer.moments["average"], expected, rtol=1e-5, atol=1e-6)


def test_wrappings_work_together_and_resume_from_moments_and_steps(layout: Layout) -> None:
    wrappings = (ClipNorm(1.0), LayerRates.of({"layers/0": 0.1}), WeightAverage(0.9))
    whole, first, second = (wrap(Adam(0.05).bind(layout.size), wrappings, layout) for _ in range(3))
    steps = gradients(layout.size, 8)
    uninterrupted = np.linspace(-1, 1, layout.size, dtype=np.float32)
    resumed = uninterrupted.copy()
    for gradient in steps:
        whole.update(uninterrupted, gradient.copy())
    for gradient in steps[:4]:
        first.update(resumed, gradient.copy())
    for name, moment in second.moments.items():
        np.copyto(moment, first.moments[name])
    second.steps = first.steps
    for gradient in steps[4:]:
        second.update(resumed, gradient.copy())
    np.testing.assert_array_equal(resumed, uninterrupted)
    np.testing.assert_array_equal(second.moments["average"], whole.moments["average"])
    assert second.steps == whole.steps == 8
    assert second.moments.keys() == {"mean", "square", "average"}


@pytest.mark.parametrize("make", [lambda: ClipNorm(0.0), lambda: ClipValue(-1.0), lambda: WeightAverage(1.5)])
def test_limits_that_are_none_are_refused(make: object) -> None:
    with pytest.raises(InvalidSpec):
        make()  # type: ignore[operator]
