"""The padding layer: a series goes on beyond its ends, by any mode of numpy.pad, and its gradient folds back.

Padding fabricates data, so which way fits depends on the series: wrap on whole periods, a mirror where both directions
of time look alike, the edge or a mean where the level matters. `valid` convolutions need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from model.errors import InvalidSpec, told
from model.geometry import Shape, require_series
from model.kernels.extension import EXTENSIONS, Terms
from model.layers.extension import Extension, ExtensionOfEach
from model.layers.filling import STATISTICS, End, Filling
from model.layers.layer import require_choice
from model.layers.mask import bind_mask

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding
    from model.parameters import Parameter

OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "constant": ("constant_values", "stat_length"),
        "edge": (),
        "linear_ramp": ("end_values",),
        "maximum": ("stat_length",),
        "mean": ("stat_length",),
        "median": ("stat_length",),
        "minimum": ("stat_length",),
        "reflect": ("reflect_type",),
        "symmetric": ("reflect_type",),
        "wrap": (),
    }
)
"""The modes, and the options of each."""

WIDEST = 1_000_000
LARGEST = 1e30
CONSTANTS = ("first", "mean", "median")


def ends(value: Any) -> tuple[Any, Any]:  # noqa: ANN401 - whole or not
    """A number for both ends as a pair of them; [left, right] as it is."""
    return value if isinstance(value, tuple) else (value, value)


@dataclass(frozen=True)
class Pad:
    """`width` steps at both ends, or [left, right]; modes and options are those of numpy.pad.

    constant_values: a number, one for each end, or a value of the case and channel for both ends: "first", or the
    "mean" or "median" of its first `stat_length` steps (of all by default). stat_length: the steps next to each end
    that a statistic is of; all by default. reflect_type: "even", or "odd", which continues the slope at the end.
    """

    kind: ClassVar[str] = "pad"
    width: int | tuple[int, int]
    mode: str = "constant"
    constant_values: float | tuple[float, float] | str = 0.0
    end_values: float | tuple[float, float] = 0.0
    stat_length: int | tuple[int, int] | None = None
    reflect_type: str = "even"

    def __post_init__(self) -> None:
        require_choice("mode", self.mode, tuple(OPTIONS))
        require_choice("reflect_type", self.reflect_type, ("even", "odd"))
        _require_pair("width", self.width, 0, WIDEST, whole=True)
        if self.stat_length is not None:
            _require_pair("stat_length", self.stat_length, 1, WIDEST, whole=True)
        if self.constant_values not in CONSTANTS:
            besides = f", or one of {', '.join(map(repr, CONSTANTS))}"
            _require_pair("constant_values", self.constant_values, -LARGEST, LARGEST, besides=besides)
        _require_pair("end_values", self.end_values, -LARGEST, LARGEST)
        for field in fields(self):
            if field.name not in {"width", "mode", *OPTIONS[self.mode]} and getattr(self, field.name) != field.default:
                accepted = ", ".join(OPTIONS[self.mode]) or "no options"
                raise InvalidSpec(
                    f"mode {self.mode!r} has no {field.name}; it takes {accepted}", pointer=f"/{field.name}"
                )

    @property
    def widths(self) -> tuple[int, int]:
        """Steps on the left and on the right."""
        return ends(self.width)

    @property
    def statistic(self) -> str | None:
        """What the ends are filled with, where that is no linear matter."""
        if self.mode == "constant" and self.constant_values in {"mean", "median"}:
            return str(self.constant_values)
        return self.mode if self.mode in STATISTICS else None

    def beyond(self, places: Array, length: Array) -> Terms:
        """What stands at places before and behind series of these lengths, in a linear mode."""
        if self.mode == "constant":
            if isinstance(self.constant_values, str):
                return EXTENSIONS["first"](places, length)
            return EXTENSIONS["constant"](places, length, ends(self.constant_values))
        if self.mode == "linear_ramp":
            return EXTENSIONS["linear_ramp"](places, length, ends(self.end_values), self.widths)
        options = {"odd": True} if self.reflect_type == "odd" else {}
        return EXTENSIONS[self.mode](places, length, **options)

    def windows(self, length: int) -> tuple[slice, slice]:
        """The steps that each end's statistic is of."""
        left, right = (min(length, each) for each in ends(length if self.stat_length is None else self.stat_length))
        start = slice(0, left)
        return (start, start) if self.mode == "constant" else (start, slice(length - right, length))

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "padding")
        return Shape(shape.channels, None if shape.length is None else shape.length + sum(self.widths))

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        left, right = self.widths
        if not left + right:
            return x
        shape = self.output(x.shape)
        longer = binding.derive(x.lengths, lambda valid: valid + (left + right) * (valid > 0), shape.length or 0)
        y = binding.activation(shape, x, lengths=longer)
        if self.statistic is None:
            operation = Extension if x.lengths is None else ExtensionOfEach
            binding.add(operation(self.beyond, self.widths, x, y, binding), x, y, forgets=(x, y))
            return bind_mask(y, binding)
        windows = self.windows(x.length)
        places = slice(0, left), slice(left + x.length, left + x.length + right)
        filled = tuple(End(*pair) for pair in zip(windows, places, strict=True))
        binding.add(Filling(STATISTICS[self.statistic], filled, left, x, y, binding), x, y, forgets=(x, y))
        return y


def _require_pair(name: str, value: object, low: float, high: float, *, whole: bool = False, besides: str = "") -> None:
    def fits(side: object) -> bool:
        number = isinstance(side, int | float) and not isinstance(side, bool) and low <= side <= high
        return number and (isinstance(side, int) or not whole)

    if [fits(side) for side in ends(value)] != [True, True]:
        what = f"a whole number from {low:g} to {high:g}" if whole else "a number"
        raise InvalidSpec(f"{name} is {told(value)}, but must be {what}, or [left, right]{besides}", pointer=f"/{name}")
