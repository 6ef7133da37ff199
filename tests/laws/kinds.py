"""For every kind of layer, how to draw one: the laws run over this table, and a test holds it to the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.consensus import Consensus
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.filling import STATISTICS
from model.layers.flatten import Flatten
from model.layers.gated import Gelu, Silu
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.layer import LayerSpec
from model.layers.layer_normalization import LayerNormalization
from model.layers.pad import OPTIONS, Pad
from model.layers.parallel import Parallel
from model.layers.pooling import AveragePool, MaxPool
from model.layers.projection import Projection
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh
from model.layers.squeeze_excitation import SqueezeExcitation
from tests.reference.gate import Gate
from tests.reference.problem import Problem

MOST_STEPS = 12
Layer = st.SearchStrategy[LayerSpec]
small = st.integers(1, 3)


@st.composite
def conv1d(draw: st.DrawFn, channels: int) -> Conv1d:
    """Kernels up to longer than most series, odd and even; every padding, stride, dilation and group count.

    Padding by a statistic is for series of one length, and left out.
    """
    groups = draw(st.sampled_from([g for g in range(1, channels + 1) if channels % g == 0]))
    sides = st.integers(0, 4)
    padding = draw(st.sampled_from(["same", "valid", "causal", "full"]) | sides | st.tuples(sides, sides))
    return Conv1d(
        out_channels=groups * draw(small),
        kernel=draw(st.integers(1, 8)),
        stride=draw(st.integers(1, 4)),
        padding=padding,
        dilation=draw(small),
        groups=groups,
        bias=draw(st.sampled_from([True, False, "untied"])),
        padding_mode=draw(st.sampled_from(["zeros", "zeros", "zeros", "edge", "reflect", "symmetric", "wrap"])),
        weight_normalization=draw(st.booleans()),
    )


def pool(kind: type[MaxPool | AveragePool]) -> Layer:
    strides = st.none() | st.integers(1, 4)
    return st.builds(kind, st.integers(1, 4), strides, st.sampled_from(["valid", "same"]))


@st.composite
def pad(draw: st.DrawFn, _channels: int) -> Pad:
    """Every mode and its options, further than most series are long. Statistics are for series of one length."""
    sides, numbers = st.integers(0, 15), st.floats(-2, 2)
    mode = draw(st.sampled_from([mode for mode in OPTIONS if mode not in STATISTICS]))
    drawn = {
        "constant_values": numbers | st.tuples(numbers, numbers) | st.just("first"),
        "end_values": numbers | st.tuples(numbers, numbers),
        "reflect_type": st.sampled_from(["even", "odd"]),
    }
    options = {name: draw(drawn[name]) for name in OPTIONS[mode] if name in drawn}
    return Pad(draw(sides | st.tuples(sides, sides)), mode, **options)


def consensus(channels: int) -> Layer:
    """As many members as the channels can be shared by."""
    members = st.sampled_from([count for count in range(1, channels + 1) if channels % count == 0])
    return st.builds(Consensus, members, st.sampled_from(["logits", "values"]))


def convolution(channels: int) -> st.SearchStrategy[Conv1d]:
    """One that keeps the length, for the inside of containers."""
    return st.builds(Conv1d, st.just(channels), st.integers(1, 4), bias=st.booleans(), dilation=small)


@st.composite
def residual(draw: st.DrawFn, channels: int) -> Residual:
    """With the identity, the implied projection, or a written-out shortcut."""
    width = draw(st.sampled_from([channels, channels + 1]))
    body = (draw(convolution(width)), *draw(st.sampled_from([(), (Relu(),), (BatchNormalization(), Relu())])))
    return Residual(body, draw(st.sampled_from([(), (Conv1d(width, 1), BatchNormalization())])))


@st.composite
def parallel(draw: st.DrawFn, _channels: int) -> Parallel:
    """With an empty branch at times, and one within another."""
    parts = st.sampled_from([(), (Relu(),), (MaxPool(3, 1, "same"), Conv1d(2, 1))])
    branches = draw(st.lists(st.tuples(convolution(2)) | parts, min_size=1, max_size=3))
    return Parallel((*branches, (Parallel(tuple(branches)),)) if draw(st.booleans()) else tuple(branches))


KINDS_DRAWN: Mapping[type, Callable[[int], Layer]] = {
    Conv1d: conv1d,
    Dense: lambda _: st.builds(Dense, st.integers(1, 4), st.booleans()),
    BatchNormalization: lambda _: st.builds(BatchNormalization, epsilon=st.sampled_from([1e-3, 0.1])),
    LayerNormalization: lambda _: st.builds(LayerNormalization, st.sampled_from([1e-5, 0.1])),
    Relu: lambda _: st.just(Relu()),
    LeakyRelu: lambda _: st.builds(LeakyRelu, st.sampled_from([0.0, 0.01, 0.5])),
    Elu: lambda _: st.builds(Elu, st.sampled_from([0.5, 1.0, 2.0])),
    Gelu: lambda _: st.just(Gelu()),
    Silu: lambda _: st.just(Silu()),
    Tanh: lambda _: st.just(Tanh()),
    Sigmoid: lambda _: st.just(Sigmoid()),
    Softmax: lambda _: st.just(Softmax()),
    Dropout: lambda _: st.builds(Dropout, st.sampled_from([0.0, 0.3, 0.7]), st.booleans()),
    HandcraftedFilters: lambda _: st.builds(HandcraftedFilters, st.sampled_from([(2, 4), (3,), (2, 4, 8)])),
    Pad: pad,
    MaxPool: lambda _: pool(MaxPool),
    AveragePool: lambda _: pool(AveragePool),
    GlobalMaxPool: lambda _: st.just(GlobalMaxPool()),
    GlobalAveragePool: lambda _: st.just(GlobalAveragePool()),
    LastStep: lambda _: st.just(LastStep()),
    Flatten: lambda _: st.just(Flatten()),
    SqueezeExcitation: lambda _: st.builds(SqueezeExcitation, small),
    Projection: lambda _: st.builds(Projection, small, st.sampled_from(["same", "single"]), st.booleans()),
    Residual: residual,
    Parallel: parallel,
    Consensus: consensus,
    Gate: lambda _: st.builds(Gate, st.sampled_from([0.5, 1.0])),
}

AROUND: tuple[tuple[LayerSpec, ...], ...] = ((), (), (Relu(),), (Conv1d(2, 3),), (BatchNormalization(),), (Gate(),))
"""What may stand before and behind: they work in place, keep values, or write over gradients."""


def buildable(layers: tuple[LayerSpec, ...], channels: int, length: int | None) -> bool:
    try:
        sequence.shapes(layers, Shape(channels, length))
    except InvalidSpec:
        return False
    return True


@st.composite
def problems(draw: st.DrawFn, kind: type, *, masked: bool = False) -> Problem:
    """A layer of this kind, alone or among others, and one to four cases for it.

    Lengths differ when masked, unless a layer needs one fixed length.
    """
    channels = draw(st.integers(1, 4))
    before = draw(st.sampled_from(AROUND))
    width = sequence.shapes(before, Shape(channels, MOST_STEPS))[-1].channels
    layer = draw(KINDS_DRAWN[kind](width))
    if isinstance(layer, Conv1d) and not buildable((layer,), width, MOST_STEPS):
        layer = replace(layer, padding="same")
    layers = (*before, layer)
    vector = (*before, GlobalAveragePool(), layer)
    if buildable(vector, channels, MOST_STEPS) and draw(st.booleans()):
        layers = vector
    after = draw(st.sampled_from(AROUND))
    layers = (*layers, *after) if buildable((*layers, *after), channels, MOST_STEPS) else layers
    shortest = next(length for length in range(1, MOST_STEPS + 1) if buildable(layers, channels, length))
    steps = st.integers(shortest, MOST_STEPS)
    count = draw(st.integers(1, 4))
    differ = masked and buildable(layers, channels, None)
    lengths = draw(st.lists(steps, min_size=count, max_size=count)) if differ else [draw(steps)] * count
    return Problem(layers, channels, tuple(lengths), masked, draw(st.integers(0, 1000)))


def examples(count: int) -> settings:
    """`count` examples of a law, and as many times more under a profile that searches deeper."""
    deeper = max(1, settings.default.max_examples // 100) if settings.default else 1
    return settings(max_examples=count * deeper)
