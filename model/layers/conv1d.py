"""The one-dimensional convolution layer, as every deep-learning library means it: a cross-correlation.

y[t, f] = b[f] + sum over k, c of x[t * stride + k * dilation - left, c] * w[k, c, f]

Kernels are stored as they are slid over the series, that is pre-flipped with respect to the convolution of mathematics:
no pass flips a kernel, and an exported Conv needs no second flip. `parameters` holds them as (groups, K, C/groups,
F/groups).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from model.errors import InvalidSpec, told
from model.geometry import PADDING_NAMES, Padding, Shape, extent, pad_widths, require_series, require_windows
from model.layers.convolution import Epilogue, bind_convolution
from model.layers.layer import require_choice, require_positive
from model.layers.pad import OPTIONS, Pad
from model.layers.weight_normalization import normalized_parameters
from model.parameters import INITIALIZERS, Parameter

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding

PADDING_MODES = ("zeros", *(mode for mode in OPTIONS if mode != "constant"))


@dataclass(frozen=True)
class Conv1d:
    """`out_channels` kernels of `kernel` steps.

    padding: "same" (ceil(L / stride) steps out), "valid", "causal" (no step sees a later one), "full", a number, or
    [left, right]. bias: True (one a kernel), False, or "untied" (one a kernel and output step, for a fixed length).
    groups: channels are cut into so many groups that do not see each other; groups = channels is depthwise.
    padding_mode: "zeros", or a mode of the padding layer: what stands in the padding.
    weight_normalization: the kernel is gain * direction / |direction| (Salimans and Kingma 2016).
    """

    kind: ClassVar[str] = "conv1d"
    out_channels: int
    kernel: int
    stride: int = 1
    padding: Padding = "same"
    dilation: int = 1
    groups: int = 1
    bias: bool | Literal["untied"] = True
    initializer: str = "glorot_uniform"
    padding_mode: str = "zeros"
    weight_normalization: bool = False

    def __post_init__(self) -> None:
        require_positive(
            out_channels=self.out_channels,
            kernel=self.kernel,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
        require_choice("initializer", self.initializer, tuple(INITIALIZERS))
        require_choice("bias", self.bias, (True, False, "untied"))
        require_choice("padding_mode", self.padding_mode, PADDING_MODES)
        require_choice("weight_normalization", self.weight_normalization, (True, False))
        _require_padding(self.padding)
        if self.out_channels % self.groups:
            raise InvalidSpec(
                f"out_channels is {self.out_channels}, but must be a multiple of groups, {self.groups}",
                pointer="/out_channels",
            )

    @property
    def widths(self) -> tuple[int, int]:
        """Steps of padding on the left and on the right."""
        return pad_widths(self.padding, self.kernel, self.dilation)

    @property
    def pad(self) -> Pad:
        """The padding as a layer, where it is not of zeros."""
        return Pad(self.widths, self.padding_mode)

    @property
    def unpadded(self) -> Conv1d:
        """The convolution behind that layer."""
        return replace(self, padding="valid", padding_mode="zeros")

    @property
    def reach(self) -> int:
        """Steps that one output sees."""
        return extent(self.kernel, self.dilation)

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "a convolution")
        if shape.channels % self.groups:
            raise InvalidSpec(
                f"groups is {self.groups}, but must divide the {shape.channels} channels it gets", pointer="/groups"
            )
        what = f"a kernel of {self.kernel} with dilation {self.dilation}"
        length = require_windows(shape, self.kernel, self.stride, self.dilation, self.widths, what)
        if self.bias == "untied" and length is None:
            raise InvalidSpec("an untied bias needs series of one fixed length", pointer="/bias")
        return Shape(self.out_channels, length)

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        inputs, outputs = shape.channels // self.groups, self.out_channels // self.groups
        kernel = Parameter(
            "kernel",
            (self.groups, self.kernel, inputs, outputs),
            self.initializer,
            fan_in=self.kernel * inputs,
            fan_out=self.kernel * outputs,
            decay=True,
        )
        kernels = normalized_parameters(kernel) if self.weight_normalization else (kernel,)
        if not self.bias:
            return kernels
        steps = (self.output(shape).length or 0,) if self.bias == "untied" else ()
        return (*kernels, Parameter("bias", (*steps, self.out_channels)))

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        return bind_convolution(self, x, binding, Epilogue(biased=bool(self.bias)))


def _require_padding(padding: object) -> None:
    whole = isinstance(padding, int) and not isinstance(padding, bool) and padding >= 0
    pair = (
        isinstance(padding, tuple)
        and len(padding) == 2  # noqa: PLR2004 - left and right
        and all(isinstance(side, int) and not isinstance(side, bool) and side >= 0 for side in padding)
    )
    if not (whole or pair or padding in PADDING_NAMES):
        accepted = ", ".join(f'"{name}"' for name in PADDING_NAMES)
        raise InvalidSpec(
            f"padding is {told(padding)}, but must be {accepted}, a number of steps, or [left, right]",
            pointer="/padding",
        )
