"""The exported file: what it takes, answers and tells, and that a wrong one is never handed out."""

import json
import math
from itertools import product

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper

from model import recipes
from model.data.scaling import SCALINGS
from model.errors import ExportRefused
from model.interchange.onnx_export import HIGHEST_OPSET, LOWEST_OPSET, export, verify
from model.interchange.onnx_preprocessing import FILLINGS
from model.layers.conv1d import Conv1d
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool, LastStep
from model.layers.relu import Relu
from model.pipeline import Pipeline, Predictor
from service.usecases import exports
from tests.reference.pipelines import pipeline_of

CLOSE = 2e-5
SMALL = (Conv1d(6, 5), Relu(), GlobalAveragePool())
FIXED = (Conv1d(6, 5, padding="valid"), Relu(), Flatten())


def run(content: bytes, series: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"series": series}), strict=True))


def sizes(value: onnx.ValueInfoProto) -> list[str | int]:
    return [each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize("recipe", recipes.RECIPES)
@pytest.mark.parametrize(("masked", "folded"), [(False, True), (True, True), (True, False)])
def test_a_recipe_exported_answers_as_ours(recipe: str, masked: bool, folded: bool) -> None:
    pipeline = pipeline_of(recipes.build(recipe), masked=masked)
    assert verify(export(pipeline, folded=folded), pipeline) < CLOSE


def test_batch_normalization_is_folded_or_stays_to_be_seen() -> None:
    pipeline = pipeline_of(recipes.build("fcn"))
    kinds = {
        folded: [node.op_type for node in onnx.load_from_string(export(pipeline, folded=folded)).graph.node]
        for folded in (True, False)
    }
    assert kinds[False].count("BatchNormalization") == 3
    assert "BatchNormalization" not in kinds[True]


def test_the_service_offers_the_opsets_that_the_exporter_has() -> None:
    assert (exports.LOWEST_OPSET, exports.HIGHEST_OPSET) == (LOWEST_OPSET, HIGHEST_OPSET)


@pytest.mark.parametrize(("scaling", "missing", "masked"), list(product(SCALINGS, FILLINGS, (False, True))))
def test_preprocessing_is_inside_the_graph(scaling: str, missing: str, masked: bool) -> None:
    pipeline = pipeline_of(SMALL, scaling=scaling, missing=missing, masked=masked, task="regression")
    assert verify(export(pipeline), pipeline) < CLOSE


@pytest.mark.parametrize("opset", range(LOWEST_OPSET, HIGHEST_OPSET + 1))
@pytest.mark.parametrize("masked", [False, True])
def test_every_opset_that_is_offered_runs(opset: int, masked: bool) -> None:
    pipeline = pipeline_of(recipes.build("inception", depth=3), scaling="instance", masked=masked)
    content = export(pipeline, opset=opset)
    assert onnx.load_from_string(content).opset_import[0].version == opset
    assert verify(content, pipeline) < CLOSE


@pytest.mark.parametrize("opset", [16, HIGHEST_OPSET + 1])
def test_another_opset_is_refused(opset: int) -> None:
    with pytest.raises(ExportRefused, match="17 to"):
        export(pipeline_of(SMALL), opset=opset)


def test_a_classifier_takes_and_answers_by_the_names_of_the_protocol() -> None:
    pipeline = pipeline_of(SMALL)
    graph = onnx.load_from_string(export(pipeline)).graph
    assert [(each.name, sizes(each)) for each in graph.input] == [("series", ["batch", 3, "length"])]
    assert [(each.name, sizes(each)) for each in graph.output] == [
        ("probabilities", ["batch", 4]),
        ("label", ["batch"]),
    ]
    series = np.random.default_rng(0).normal(0, 20, (7, 3, 40)).astype(np.float32)
    found = run(export(pipeline), series)
    assert found["label"].tolist() == Predictor(pipeline).predict(series)["label"].tolist()


def test_a_network_of_one_length_says_so() -> None:
    graph = onnx.load_from_string(export(pipeline_of(FIXED, length=20))).graph
    assert sizes(graph.input[0]) == ["batch", 3, 20]


def test_a_network_of_one_length_that_masks_takes_shorter_series_and_refuses_longer_ones() -> None:
    pipeline = pipeline_of(FIXED, length=20, masked=True)
    content = export(pipeline)
    assert verify(content, pipeline) < CLOSE
    series = np.random.default_rng(0).normal(0, 20, (2, 3, 12)).astype(np.float32)
    expected = Predictor(pipeline).predict(series)["probabilities"]
    assert np.allclose(run(content, series)["probabilities"], expected, atol=CLOSE)
    with pytest.raises(Exception, match="Reshape"):
        run(content, np.zeros((2, 3, 21), np.float32))


@pytest.mark.parametrize(("outputs", "shape"), [(1, (5,)), (3, (5, 3))])
def test_a_regression_answers_values_in_the_targets_units(outputs: int, shape: tuple[int, ...]) -> None:
    pipeline = pipeline_of(SMALL, task="regression", outputs=outputs)
    series = np.random.default_rng(0).normal(0, 20, (5, 3, 40)).astype(np.float32)
    values = run(export(pipeline), series)["value"]
    assert values.shape == shape
    assert np.allclose(values, Predictor(pipeline).predict(series)["value"], rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize(
    ("body", "scaling", "masked"),
    [
        ((Conv1d(6, 5, padding="causal"), LastStep()), "channel", False),
        (FIXED, "instance", False),
        ((Conv1d(6, 5, padding="causal"), LastStep()), "instance", True),
        (FIXED, "channel", True),
    ],
)
def test_a_forecast_looks_at_the_last_window(body: tuple[object, ...], scaling: str, masked: bool) -> None:
    pipeline = pipeline_of(body, task="forecasting", horizon=6, window=24, scaling=scaling, masked=masked)  # type: ignore[arg-type]
    content = export(pipeline)
    assert verify(content, pipeline) < CLOSE
    series = np.random.default_rng(0).normal(0, 20, (2, 3, 50)).astype(np.float32)
    answers = run(content, series)["forecast"]
    assert answers.shape == (2, 3, 6)
    assert np.array_equal(answers, run(content, series[:, :, 26:])["forecast"])


def test_long_gaps_are_filled_as_ours_are() -> None:
    pipeline = pipeline_of(SMALL, task="regression", outputs=1)
    series = np.random.default_rng(0).normal(0, 20, (2, 3, 4000)).astype(np.float32)
    series[:, :, 100:2100] = series[:, :, 2105:] = np.nan
    expected = Predictor(pipeline).predict(series)["value"]
    assert np.allclose(run(export(pipeline), series)["value"], expected, rtol=1e-4, atol=1e-4)


def test_the_file_holds_all_of_its_data_and_only_operators_of_onnx() -> None:
    model = onnx.load_from_string(export(pipeline_of(recipes.build("resnet"))))
    assert all(each.data_location == TensorProto.DEFAULT for each in model.graph.initializer)
    assert {node.domain for node in model.graph.node} == {""}
    assert model.ir_version == 8
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)


def test_equal_pipelines_give_equal_bytes() -> None:
    assert export(pipeline_of(SMALL, seed=3)) == export(pipeline_of(SMALL, seed=3))
    assert export(pipeline_of(SMALL, seed=3)) != export(pipeline_of(SMALL, seed=4))


def test_the_file_tells_where_it_comes_from() -> None:
    lineage = {"dataset": {"digest": "ab" * 32}, "seed": 7, "code_version": "1.2.3"}
    pipeline = pipeline_of(SMALL, metadata={"lineage": lineage})
    model = onnx.load_from_string(export(pipeline))
    told = {each.key: each.value for each in model.metadata_props}
    assert (model.producer_name, model.producer_version) == ("wavetap", "1.2.3")
    assert told["task"] == "classification"
    assert tuple(json.loads(told["labels"])) == pipeline.classes
    assert tuple(json.loads(told["channels"])) == pipeline.channels
    assert json.loads(told["lineage"]) == lineage
    assert json.loads(told["preprocessing"])["scaling"] == "channel"


def test_a_kernel_is_not_flipped() -> None:  # F9
    pipeline = pipeline_of(SMALL)
    model = onnx.load_from_string(export(pipeline))
    kernels = [numpy_helper.to_array(each) for each in model.graph.initializer if len(each.dims) == 3]
    ours = pipeline.network.layout.views(pipeline.network.parameters)["layers/0/kernel"][0]
    assert any(each.shape == (6, 3, 5) and np.array_equal(each, ours.transpose(2, 1, 0)) for each in kernels)


def planted(pipeline: Pipeline, change: str) -> bytes:
    """An export with one fault in it."""
    model = onnx.load_from_string(export(pipeline))
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if change == "a reversed kernel" and array.ndim == 3:
            initializer.CopyFrom(numpy_helper.from_array(array[..., ::-1].copy(), initializer.name))
        if change == "another mean" and array.shape == (3, 1) and array.min() < 0:
            initializer.CopyFrom(numpy_helper.from_array(array + np.float32(1), initializer.name))
        if change == "labels in another order" and initializer.data_type == TensorProto.STRING:
            initializer.CopyFrom(numpy_helper.from_array(array[::-1].copy(), initializer.name))
    for node in model.graph.node:
        if change == "gaps not filled" and node.op_type == "Where":
            node.input[2] = node.input[1]
        if change == "an operator that does not exist" and node.op_type == "Relu":
            node.op_type = "Rectify"
        if change == "an output of another name" and node.output[0] == "label":
            node.output[0] = model.graph.output[1].name = "answer"
    return model.SerializeToString()


@pytest.mark.parametrize(
    "change",
    [
        "a reversed kernel",
        "another mean",
        "labels in another order",
        "gaps not filled",
        "an operator that does not exist",
        "an output of another name",
    ],
)
def test_a_planted_fault_is_found(change: str) -> None:
    pipeline = pipeline_of(SMALL)
    assert verify(export(pipeline), pipeline) < CLOSE
    with pytest.raises(ExportRefused):
        verify(planted(pipeline, change), pipeline)


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises(ExportRefused, match="does not load"):
        verify(b"nothing", pipeline_of(SMALL))


def test_values_are_compared_in_units_of_their_spread() -> None:
    pipeline = pipeline_of(SMALL, task="regression", outputs=1)
    assert pipeline.target_deviation is not None
    pipeline.target_deviation[...] = 1e12
    assert math.isfinite(verify(export(pipeline), pipeline))
