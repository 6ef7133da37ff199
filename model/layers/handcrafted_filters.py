"""Filters made by hand: Ismail-Fawaz et al. 2022, "Deep learning for time series classification using new hand-crafted
convolution filters".

They detect what rises, what falls and what peaks, at several scales, and are never trained: networks with them need
fewer filters that are. Every filter looks at the sum of the channels, as a convolution with the same filter for each
channel does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from model.errors import InvalidSpec, told
from model.geometry import Shape, require_series
from model.layers.conv1d import Conv1d
from model.layers.convolution import Epilogue, bind_convolution
from model.layers.kernel_source import FixedKernel

if TYPE_CHECKING:
    from model.activations import Activation
    from model.arrays import Array
    from model.binding import Binding
    from model.parameters import Parameter

SHORTEST, LONGEST = 2, 4096


@dataclass(frozen=True)
class HandcraftedFilters:
    """For each of `lengths` a filter for increases and one for decreases, and for each but the first one for peaks."""

    kind: ClassVar[str] = "handcrafted_filters"
    lengths: tuple[int, ...] = (2, 4, 8, 16, 32, 64)

    def __post_init__(self) -> None:
        if not _are_lengths(self.lengths):
            raise InvalidSpec(
                f"lengths is {told(self.lengths)}, but must be whole numbers from {SHORTEST} to {LONGEST}",
                pointer="/lengths",
            )
        if any(length % 4 for length in self.lengths[1:]):
            raise InvalidSpec(
                f"lengths is {told(self.lengths)}, but a peak has four parts: all but the first must be multiples of 4",
                pointer="/lengths",
            )

    @property
    def filters(self) -> tuple[Array, ...]:
        """Each filter (K,), as it is slid over the series."""
        rising = [np.where(np.arange(length) % 2, 1.0, -1.0) for length in self.lengths]
        return (*rising, *(-filter_ for filter_ in rising), *map(_peak, self.lengths[1:]))

    @property
    def kernel(self) -> Array:
        """(K, F): all filters as one kernel, each so placed among zeros that its window stays centred."""
        filters = self.filters
        longest = max(filter_.size for filter_ in filters)
        kernel = np.zeros((longest, len(filters)))
        for index, filter_ in enumerate(filters):
            start = (longest - 1) // 2 - (filter_.size - 1) // 2
            kernel[start : start + filter_.size, index] = filter_
        return kernel

    def output(self, shape: Shape) -> Shape:
        require_series(shape, "a filter")
        return Shape(3 * len(self.lengths) - 1, shape.length)

    def parameters(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def state(self, _shape: Shape) -> tuple[Parameter, ...]:
        return ()

    def bind(self, x: Activation, binding: Binding) -> Activation:
        plain = Epilogue(biased=False)
        if x.channels > 1:
            ones = FixedKernel(np.ones((1, 1, x.channels, 1)), binding)
            x = bind_convolution(Conv1d(1, 1, bias=False), x, binding, plain, ones)
        kernel = self.kernel
        source = FixedKernel(kernel[None, :, None, :], binding)
        return bind_convolution(Conv1d(kernel.shape[1], kernel.shape[0], bias=False), x, binding, plain, source)


def _are_lengths(given: object) -> bool:
    if not isinstance(given, tuple) or not given:
        return False
    return all(type(length) is int and SHORTEST <= length <= LONGEST for length in given)


def _peak(length: int) -> Array:
    """(3/2 length,): a parabola up and down between two half as high, upside down."""
    up = np.linspace(0, 1, length // 4 + 1)[1:] ** 2
    hill = np.concatenate([up, up[::-1]])
    return np.concatenate([-hill, 2 * hill, -hill])
