"""C1 to C11, B1 to B3: several channels, several kernels, stacks of layers, and the bias."""

import numpy as np
import onnx
import pytest

from model import cross_correlate
from model.data.series import Series
from model.errors import InvalidSeries
from model.geometry import Shape
from model.interchange.onnx_export import export
from model.interchange.onnx_verification import verify
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import LayerSpec
from model.layers.pooling import AveragePool, MaxPool
from model.layers.registry import layer_from_json
from model.layers.relu import Relu
from model.losses import SoftmaxCrossEntropy
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from model.recipes import build
from tests.checklist.layer import run
from tests.reference.differences import assert_gradients, slopes
from tests.reference.pipelines import pipeline_of
from tests.reference.problem import Problem

CLOSE = {"rtol": 1e-12, "atol": 1e-12}
GENERATOR = np.random.default_rng(7)
X = GENERATOR.standard_normal((12, 3))
W = GENERATOR.standard_normal((4, 3, 2))
DY = GENERATOR.standard_normal((12, 2))
LAYER = Conv1d(2, 4)


def test_C1_the_result_is_the_sum_over_channels_of_single_channel_results() -> None:
    parts = [run(Conv1d(2, 4, bias=False), X[:, [c]], W[:, [c]]).y for c in range(3)]
    np.testing.assert_allclose(run(LAYER, X, W).y, sum(parts), **CLOSE)
    padded = np.pad(X, ((1, 2), (0, 0)))
    by_hand = sum(cross_correlate(padded[:, c], W[:, c, 0], "valid") for c in range(3))
    np.testing.assert_allclose(run(LAYER, X, W).y[:, 0], by_hand, **CLOSE)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_C2_dx_and_dw_of_each_channel_are_central_differences(channel: int) -> None:
    x, w = X.copy(), W.copy()
    found = run(LAYER, X, W, dy=DY)
    dx = slopes(lambda: float((run(LAYER, x, w).y * DY).sum()), x[:, channel])
    dw = slopes(lambda: float((run(LAYER, x, w).y * DY).sum()), w[:, channel])
    np.testing.assert_allclose(found.dx[:, channel], dx, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.dw[:, channel], dw, rtol=1e-6, atol=1e-7)


def test_C3_the_order_of_channels_carries_no_information() -> None:
    order = [2, 0, 1]
    np.testing.assert_allclose(run(LAYER, X[:, order], W[:, order]).y, run(LAYER, X, W).y, **CLOSE)


def test_C4_the_order_in_time_does() -> None:
    order = np.random.default_rng(0).permutation(12)
    y, permuted = run(LAYER, X, W).y, run(LAYER, X[order], W).y
    assert not np.allclose(permuted, y)
    assert not np.allclose(permuted, y[order])


def test_C5_ragged_channels_of_one_series_are_refused() -> None:
    steps = [[1.0, 2.0], [1.0, 2.0], [1.0]]
    with pytest.raises(InvalidSeries, match="Case 0 is ragged"):
        Series.from_cases([steps], labels=["a"])


def test_C6_128_channels_run() -> None:
    layers = (Conv1d(32, 5), BatchNormalization(), Relu(), Conv1d(32, 3), Relu(), GlobalAveragePool())
    network = Network.initialize(layers, 128, 256, np.random.default_rng(0))
    plan = compile(network, batch=4, length=256, mode="training", loss=SoftmaxCrossEntropy())
    plan.inputs[...] = np.random.default_rng(1).standard_normal(plan.inputs.shape)
    assert np.isfinite(plan.step())
    assert plan.gradient.any()
    assert plan.nbytes < 64 * 2**20


@pytest.mark.parametrize("kernels", [1, 2, 5])
def test_C7_there_is_one_feature_map_per_kernel(kernels: int) -> None:
    w = np.random.default_rng(0).standard_normal((4, 3, kernels))
    y = run(Conv1d(kernels, 4), X, w).y
    assert y.shape == (12, kernels)
    for kernel in range(kernels):
        np.testing.assert_allclose(y[:, kernel], run(Conv1d(1, 4), X, w[..., [kernel]]).y[:, 0], **CLOSE)


@pytest.mark.parametrize("place", [3, 17, 30])
def test_C8_a_feature_map_peaks_where_its_kernel_occurred(place: int) -> None:
    pattern = np.array([[1.0, -1.0], [2.0, 0.0], [-3.0, 1.0], [0.5, 2.0], [1.0, 1.0]])
    x = 0.1 * np.random.default_rng(place).standard_normal((40, 2))
    x[place - 2 : place + 3] += pattern
    y = run(Conv1d(1, 5), x, pattern[..., None]).y[:, 0]
    assert np.argmax(y) == place


def test_C9_the_number_of_kernels_is_a_hyperparameter() -> None:
    for kernels in (1, 3, 8, 64):
        layer = layer_from_json({"kind": "conv1d", "out_channels": kernels, "kernel": 3})
        assert layer.output(Shape(2, 20)) == Shape(kernels, 20)
    narrow, wide = (Network.initialize(build("fcn", filters=[f, f, f]), 2, 20, GENERATOR) for f in (4, 8))
    assert narrow.parameters.size < wide.parameters.size


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize("masked", [False, True], ids=["equal", "masked"])
def test_C10_layers_stack_like_bricks(depth: int, masked: bool) -> None:
    bricks: tuple[LayerSpec, ...] = (
        Conv1d(3, 3),
        Conv1d(2, 4, dilation=2, padding="causal"),
        AveragePool(2, 1, "same"),
        Conv1d(4, 3, groups=2, stride=2),
        MaxPool(2, 1),
    )
    lengths = (10, 7, 9) if masked else (10, 10, 10)
    problem = Problem(bricks[:depth], 2, lengths, masked)
    shapes = sequence.shapes(bricks[:depth], Shape(2, 10))
    assert len(shapes) == depth + 1
    for below, layer, above in zip(shapes, bricks, shapes[1:], strict=False):
        assert layer.output(below) == above
    assert_gradients(problem)


def test_C11_dx_sums_over_the_kernels() -> None:
    whole = run(LAYER, X, W, dy=DY).dx
    parts = [run(Conv1d(1, 4), X, W[..., [f]], dy=DY[:, [f]]).dx for f in range(2)]
    np.testing.assert_allclose(whole, sum(parts), **CLOSE)
    x = X.copy()
    expected = slopes(lambda: float((run(LAYER, x, W).y * DY).sum()), x)
    np.testing.assert_allclose(whole, expected, rtol=1e-6, atol=1e-7)


def test_B1_the_bias_is_on_or_off() -> None:
    b = np.array([10.0, -20.0])
    without = run(Conv1d(2, 4, bias=False), X, W)
    np.testing.assert_allclose(run(LAYER, X, W, b).y, without.y + b, **CLOSE)
    assert without.db.size == 0
    assert [p.name for p in Conv1d(2, 4, bias=False).parameters(Shape(3, 12))] == ["kernel"]


def test_B2_db_is_the_sum_of_dy_over_batch_and_time_and_dx_does_not_see_the_bias() -> None:
    problem = Problem((LAYER,), 3, (12, 12, 12))
    expected = sum(u.sum(axis=0) for u in problem.u)
    np.testing.assert_allclose(problem.solve().gradients["layers/0/bias"], expected, **CLOSE)
    without, biased = run(LAYER, X, W, dy=DY), run(LAYER, X, W, np.array([5.0, 6.0]), DY)
    np.testing.assert_array_equal(biased.dx, without.dx)
    np.testing.assert_array_equal(biased.dw, without.dw)


@pytest.mark.parametrize("stride", [1, 2])
def test_B3_an_untied_bias_has_one_value_per_kernel_and_position(stride: int) -> None:
    layer = Conv1d(2, 4, stride=stride, bias="untied")
    steps = 12 // stride
    b = np.random.default_rng(0).standard_normal((steps, 2))
    y = run(layer, X, W, b).y
    np.testing.assert_allclose(y, run(Conv1d(2, 4, stride=stride, bias=False), X, W).y + b, **CLOSE)
    problem = Problem((layer,), 3, (12, 12))
    np.testing.assert_allclose(problem.solve().gradients["layers/0/bias"], problem.u[0] + problem.u[1], **CLOSE)
    assert_gradients(problem)


def test_B3_an_untied_bias_is_exported_as_conv_and_add() -> None:
    pipeline = pipeline_of((Conv1d(4, 3, bias="untied"), Flatten()), length=10)
    exported = export(pipeline)
    operators = [node.op_type for node in onnx.load_from_string(exported).graph.node]
    assert operators[operators.index("Conv") + 1] == "Add"
    assert verify(exported, pipeline) < 1e-4
