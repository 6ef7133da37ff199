"""From a body to a network: the task's head on top, and the limits that a request must keep to be built at all."""

from __future__ import annotations

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers import sequence
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalAveragePool
from model.layers.places import require_maskable
from model.parameters import Layout

MOST_PARAMETERS = 50_000_000
MOST_VALUES = 1_000_000_000
"""What the activations of one training step may hold together: about 4 GB, and their gradients as much again."""


def with_head(body: sequence.Layers, width: int, shape: Shape) -> sequence.Layers:
    """The body for cases of a shape, then a dense layer of `width` outputs.

    A body that ends in steps is averaged over them first, so that every case has one answer.
    """
    pooled = _shapes(body, shape)[-1].vector
    return (*body, Dense(width)) if pooled else (*body, GlobalAveragePool(), Dense(width))


def require_buildable(layers: sequence.Layers, channels: int, lengths: tuple[int, int], batch: int) -> None:
    """Refuse layers that do not fit the shortest case, or are too large at the longest; nothing is allocated."""
    _shapes(layers, Shape(channels, lengths[0]))
    if lengths[0] != lengths[1]:
        _require_maskable(layers)
    longest = Shape(channels, lengths[1])
    values = batch * sum(shape.channels * (shape.length or 1) for shape in _shapes(layers, longest))
    if values > MOST_VALUES:
        raise InvalidSpec(
            f"One training step would hold {values:,} values; {MOST_VALUES:,} are the most. "
            "A smaller batch_size, a stride, or fewer channels need less.",
            pointer="/network",
        )
    parameters = Layout.of(sequence.parameters(layers, longest)).size
    if parameters > MOST_PARAMETERS:
        raise InvalidSpec(
            f"The network would have {parameters:,} parameters; {MOST_PARAMETERS:,} are the most.", pointer="/network"
        )


def _require_maskable(layers: sequence.Layers) -> None:
    try:
        require_maskable(layers)
    except InvalidSpec as error:
        raise InvalidSpec(error.message, pointer=f"/network{error.pointer or ''}") from error


def _shapes(layers: sequence.Layers, shape: Shape) -> list[Shape]:
    try:
        return sequence.shapes(layers, shape)
    except InvalidSpec as error:
        raise InvalidSpec(error.message, pointer=f"/network{error.pointer or ''}") from error
