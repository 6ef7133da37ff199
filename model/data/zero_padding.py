"""What zero padding does to series that are far from zero: it continues them with values that they never take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.data.blocks import blocks
from model.layers import sequence
from model.layers.conv1d import Conv1d
from model.layers.pad import Pad

if TYPE_CHECKING:
    from model.arrays import Array
    from model.layers.layer import LayerSpec

FAR = 2.0
"""Deviations between the mean of a channel and zero from which zero is no value of it; a scaled channel is at 0."""


def zero_padding_remarks(layers: Sequence[LayerSpec], values: Array, channels: Sequence[str]) -> tuple[str, ...]:
    """One sentence a channel that zero padding misrepresents, empty when no layer pads with zeros.

    values: (T, C) as the network gets them, that is scaled, all steps of all cases; NaN is not looked at.
    """
    padded = next((layer for layer in sequence.walk(layers) if pads_with_zeros(layer)), None)
    if padded is None:
        return ()
    counts = np.maximum(sum(np.count_nonzero(~np.isnan(block), axis=0) for block in blocks(values)), 1)
    mean = sum(np.nansum(block, axis=0, dtype=np.float64) for block in blocks(values)) / counts
    squares = sum(np.nansum(np.square(block - mean), axis=0) for block in blocks(values))
    deviation = np.sqrt(squares / counts)
    return tuple(
        f"channel {name!r} lies around {centre:.4g} with a deviation of {spread:.4g}, and {padded.kind} continues it "
        'with zeros, which it never takes; scale by "channel", or put a pad with mode "edge" or "reflect" before it'
        for name, centre, spread in zip(channels, mean, deviation, strict=True)
        if abs(centre) > FAR * spread and centre != 0
    )


def pads_with_zeros(layer: LayerSpec) -> bool:
    """Whether a layer adds zeros at an end."""
    if isinstance(layer, Conv1d):
        return any(layer.widths)
    return isinstance(layer, Pad) and any(layer.widths) and layer.mode == "constant" and layer.constant_values == 0
