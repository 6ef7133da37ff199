"""What a kind of layer costs and how far it looks, in one table over all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from model.geometry import pad_widths

if TYPE_CHECKING:
    from model.geometry import Shape
    from model.layers.conv1d import Conv1d
    from model.layers.dense import Dense
    from model.layers.handcrafted_filters import HandcraftedFilters
    from model.layers.pad import Pad
    from model.layers.parallel import Parallel
    from model.layers.pooling import AveragePool, MaxPool
    from model.layers.projection import Projection
    from model.layers.residual import Residual
    from model.layers.sequence import Layers
    from model.layers.squeeze_excitation import SqueezeExcitation


class Window(NamedTuple):
    """Output step t comes from the `extent` input steps from t * stride - left on; an extent of None is all of them."""

    extent: int | None = 1
    left: int = 0
    stride: int = 1


STEP = Window()
ALL = Window(None)


@dataclass(frozen=True)
class Sight:
    """Step t of a layer sees the input from t * apart + low to t * apart + high, or all of it."""

    low: int = 0
    high: int = 0
    apart: int = 1
    everything: bool = False

    @property
    def steps(self) -> int | None:
        """How many steps; None for all."""
        return None if self.everything else self.high - self.low + 1

    def through(self, window: Window) -> Sight:
        """What is seen through one more window."""
        apart = self.apart * window.stride
        if self.everything or window.extent is None:
            return Sight(apart=apart, everything=True)
        low = self.low - window.left * self.apart
        return Sight(low, low + self.high - self.low + (window.extent - 1) * self.apart, apart)

    @staticmethod
    def union(sights: Sequence[Sight]) -> Sight:
        """Of several that meet; their steps are equally far apart."""
        low, high = min(sight.low for sight in sights), max(sight.high for sight in sights)
        return Sight(low, high, sights[-1].apart, any(sight.everything for sight in sights))


@dataclass(frozen=True)
class Measure:
    """window: of the layer's own; work: its own multiply-adds for one case; parts: the sequences it is made of."""

    window: Callable[[Any], Window] = lambda _: STEP
    work: Callable[[Any, Shape, Shape], int] = lambda *_: 0
    parts: Callable[[Any, Shape], list[tuple[str, Layers]]] = lambda *_: []


def _positions(shape: Shape) -> int:
    return 1 if shape.vector else shape.length or 0


def _conv1d_window(spec: Conv1d) -> Window:
    return Window(spec.reach, spec.widths[0], spec.stride)


def _conv1d_work(spec: Conv1d, before: Shape, after: Shape) -> int:
    return _positions(after) * spec.out_channels * spec.kernel * before.channels // spec.groups


def _dense_work(spec: Dense, before: Shape, after: Shape) -> int:
    return _positions(after) * before.channels * spec.units


def _filters_window(spec: HandcraftedFilters) -> Window:
    longest = spec.kernel.shape[0]
    return Window(longest, (longest - 1) // 2)


def _filters_work(spec: HandcraftedFilters, _before: Shape, after: Shape) -> int:
    """Over the sum of the channels."""
    return _positions(after) * sum(filter_.size for filter_ in spec.filters)


def _pool_window(spec: MaxPool | AveragePool) -> Window:
    return Window(spec.size, pad_widths(spec.padding, spec.size)[0], spec.stride or spec.size)


def _pad_window(spec: Pad) -> Window:
    """Only a shift: what stands in the padding is a copy of something near."""
    return Window(left=spec.widths[0])


def _residual_parts(spec: Residual, shape: Shape) -> list[tuple[str, Layers]]:
    return [("layers", spec.layers), ("shortcut", spec.shortcut_for(shape))]


def _parallel_parts(spec: Parallel, _shape: Shape) -> list[tuple[str, Layers]]:
    return [(f"branches/{index}", branch) for index, branch in enumerate(spec.branches)]


def _projection_work(spec: Projection, before: Shape, after: Shape) -> int:
    return _positions(after) * before.channels * spec.out_channels if spec.layers(before.channels) else 0


def _gate_parts(spec: SqueezeExcitation, shape: Shape) -> list[tuple[str, Layers]]:
    return [("gate", spec.gate(shape.channels))]


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "conv1d": Measure(_conv1d_window, _conv1d_work),
        "handcrafted_filters": Measure(_filters_window, _filters_work),
        "dense": Measure(work=_dense_work),
        **dict.fromkeys(("batch_normalization", "layer_normalization", "dropout", "consensus"), Measure()),
        **dict.fromkeys(("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softmax"), Measure()),
        **dict.fromkeys(("max_pool", "average_pool"), Measure(_pool_window)),
        **dict.fromkeys(("global_max_pool", "global_average_pool", "flatten"), Measure(lambda _: ALL)),
        "pad": Measure(_pad_window),
        "last_step": Measure(),
        "squeeze_excitation": Measure(lambda _: ALL, parts=_gate_parts),
        "projection": Measure(work=_projection_work),
        "residual": Measure(parts=_residual_parts),
        "parallel": Measure(parts=_parallel_parts),
    }
)
