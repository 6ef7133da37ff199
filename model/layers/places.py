"""Layers with their places in a spec, and what a place cannot be given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.pad import Pad

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec


def places(layers: Sequence[LayerSpec], pointer: str = "/layers") -> Iterator[tuple[str, LayerSpec]]:
    """Every layer under a JSON pointer to it, those inside containers too, from the outside in."""
    for index, layer in enumerate(layers):
        here, spec = f"{pointer}/{index}", _dataclass(layer)
        yield here, layer
        for field in dataclasses.fields(spec):
            value = getattr(spec, field.name)
            if _holds_layers(value):
                yield from places(value, f"{here}/{field.name}")
            elif isinstance(value, tuple):
                for number, branch in enumerate(value):
                    if _holds_layers(branch):
                        yield from places(branch, f"{here}/{field.name}/{number}")


def require_maskable(layers: Sequence[LayerSpec]) -> None:
    """Refuses, by its place, a layer that series of unequal length cannot pass: padding by a statistic of them."""
    for pointer, layer in places(layers):
        option, padding = _padding(layer)
        if padding is not None and padding.statistic is not None and any(padding.widths):
            raise InvalidSpec(
                f"{pointer[1:]} ({layer.kind}): {option} {padding.mode!r} takes the {padding.statistic} of a series, "
                "which is not done for series of unequal length; a number, the first value, edge, linear_ramp, "
                "reflect, symmetric or wrap would fit",
                pointer=f"{pointer}/{option}",
            )


def _padding(layer: LayerSpec) -> tuple[str, Pad | None]:
    """How a layer pads, and the option that chooses it."""
    if isinstance(layer, Conv1d):
        return "padding_mode", None if layer.padding_mode == "zeros" else layer.pad
    return "mode", layer if isinstance(layer, Pad) else None


def _dataclass(layer: LayerSpec) -> Any:  # noqa: ANN401 - every layer is one, which its Protocol cannot say
    return layer


def _holds_layers(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(hasattr(item, "kind") for item in value)
