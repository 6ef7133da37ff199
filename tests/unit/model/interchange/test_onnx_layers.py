"""Exported equals ours, for every kind of layer with any options."""

import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.errors import InvalidSpec
from model.interchange.onnx_export import export, verify
from model.interchange.onnx_layers import EMITTERS
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.filling import STATISTICS
from model.layers.global_pooling import GlobalAveragePool
from model.layers.pad import OPTIONS, Pad
from model.layers.registry import KINDS
from model.layers.relu import Relu
from model.layers.squashing import Sigmoid
from tests.laws.kinds import KINDS_DRAWN
from tests.reference.pipelines import pipeline_of

CLOSE = 2e-5
CHANNELS = 4
FIRST = Conv1d(CHANNELS, 3)
FRONTS = [(FIRST,), (FIRST, Sigmoid()), (FIRST, BatchNormalization(), Relu()), (FIRST, GlobalAveragePool())]
BACKS = [(), (GlobalAveragePool(),), (Conv1d(5, 2, padding="causal"), GlobalAveragePool()), (BatchNormalization(),)]


def test_every_kind_has_an_emitter() -> None:
    assert set(EMITTERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(data=st.data())
def test_a_layer_exported_answers_as_ours(kind: str, data: st.DataObject) -> None:
    layer = data.draw(KINDS_DRAWN[KINDS[kind]](CHANNELS))
    front, back = data.draw(st.sampled_from(FRONTS)), data.draw(st.sampled_from(BACKS))
    length, masked = data.draw(st.sampled_from([None, 17, 32])), data.draw(st.booleans())
    folded = data.draw(st.booleans())
    try:
        pipeline = pipeline_of((*front, layer, *back), length=length, task="regression", outputs=3, masked=masked)
    except InvalidSpec:
        assume(condition=False)  # not every layer fits behind every other
        raise
    assume(pipeline.network.output.vector)
    assert verify(export(pipeline, folded=folded), pipeline) < CLOSE


@pytest.mark.parametrize("width", [(5, 0), (0, 3)])
@pytest.mark.parametrize("mode", OPTIONS)
def test_padding_at_one_end_alone_exported_answers_as_ours(mode: str, width: tuple[int, int]) -> None:
    filled = "zeros" if mode == "constant" else mode
    body = (Pad(width, mode), Conv1d(CHANNELS, 4, padding=width, padding_mode=filled), GlobalAveragePool())
    pipeline = pipeline_of(body, length=17, task="regression", outputs=3)
    assert verify(export(pipeline), pipeline) < CLOSE


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("mode", [mode for mode in OPTIONS if mode not in STATISTICS])
def test_everything_in_a_file_is_read(mode: str, masked: bool) -> None:
    """ONNX Runtime warns of what is not, each time the file is loaded."""
    pipeline = pipeline_of((Pad(3, mode), FIRST, BatchNormalization(), GlobalAveragePool()), masked=masked)
    graph = onnx.load_from_string(export(pipeline)).graph
    read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    assert {initializer.name for initializer in graph.initializer} <= read
    assert all(not read.isdisjoint(node.output) for node in graph.node)
