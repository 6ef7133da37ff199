"""A convolution becomes an operation of a plan: its kernel, which of its taps meet data, and the way to compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.geometry import window_count
from model.layers import depthwise_tiles, fast_convolution
from model.layers.depthwise import DepthwiseConvolution, is_depthwise
from model.layers.depthwise_tiles import DepthwiseByTiles
from model.layers.direct_convolution import DirectConvolution
from model.layers.fast_convolution import FastConvolution
from model.layers.kernel_source import FoldedKernel, Folding, KernelSource, StoredKernel
from model.layers.live_taps import TrimmedKernel, live_taps, trimmed
from model.layers.mask import bind_mask
from model.layers.weight_normalization import NormalizedKernel

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.layers.conv1d import Conv1d


@dataclass(frozen=True, eq=False)
class Epilogue:
    """What happens to a block of products while it is in cache; folding and rectifying are for inference."""

    biased: bool
    folding: Folding | None = None
    rectified: bool = False


def bind_convolution(
    spec: Conv1d, x: Activation, binding: Binding, epilogue: Epilogue, source: KernelSource | None = None
) -> Activation:
    """Adds a convolution, and a mask behind it where lengths differ; source: its kernel, the stored one by default."""
    if spec.padding_mode != "zeros":
        return bind_convolution(spec.unpadded, spec.pad.bind(x, binding.at("pad")), binding, epilogue, source)
    widths = spec.widths
    y_shape = spec.output(x.shape)
    count = y_shape.length or 0
    lengths = binding.derive(
        x.lengths, lambda valid: window_count(valid, spec.kernel, spec.stride, spec.dilation, widths), count
    )
    if source is None:
        stored = NormalizedKernel if spec.weight_normalization else StoredKernel
        source = stored(binding, biased=epilogue.biased)
    y = binding.activation(y_shape, x, lengths=lengths)
    if epilogue.folding is not None:
        source = FoldedKernel(source, epilogue.folding)
    taps = live_taps(spec, x.length, y.length)
    needed = spec
    if taps != slice(0, spec.kernel):
        needed, source = trimmed(spec, taps), TrimmedKernel(source, taps, binding)
    way = _way(needed, x, y, binding)
    loose = (y,) if needed.dilation == 1 else ()  # tiles take the phases of a dilation for one run of numbers
    operation = way(needed, x, y, binding, source, rectified=epilogue.rectified)
    binding.add(operation, x, y, forgets=(y,), loose=loose)
    return bind_mask(y, binding)


def _way(
    spec: Conv1d, x: Activation, y: Activation, binding: Binding
) -> type[DepthwiseByTiles | DepthwiseConvolution | FastConvolution | DirectConvolution]:
    """How it is computed, by its shape alone."""
    if depthwise_tiles.pays(spec, x, y, binding):
        return DepthwiseByTiles
    if is_depthwise(spec, x, y):
        return DepthwiseConvolution
    return FastConvolution if fast_convolution.pays(spec, x, y, binding) else DirectConvolution
