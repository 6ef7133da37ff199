"""The one table of layer kinds, and layers to and from JSON.

A layer in JSON is {"kind": ..., field: value, ...}; a field that holds layers is a list of such objects.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from model.errors import InvalidSpec, told
from model.layers.batch_normalization import BatchNormalization
from model.layers.consensus import Consensus
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.flatten import Flatten
from model.layers.gated import Gelu, Silu
from model.layers.global_pooling import GlobalAveragePool, GlobalMaxPool, LastStep
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.layer_normalization import LayerNormalization
from model.layers.pad import Pad
from model.layers.parallel import Parallel
from model.layers.pooling import AveragePool, MaxPool
from model.layers.projection import Projection
from model.layers.rectifiers import Elu, LeakyRelu
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.layers.softmax import Softmax
from model.layers.squashing import Sigmoid, Tanh
from model.layers.squeeze_excitation import SqueezeExcitation

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

KINDS: Mapping[str, type] = MappingProxyType(
    {
        spec.kind: spec
        for spec in (
            Conv1d,
            Dense,
            BatchNormalization,
            LayerNormalization,
            Relu,
            LeakyRelu,
            Elu,
            Gelu,
            Silu,
            Tanh,
            Sigmoid,
            Softmax,
            Dropout,
            HandcraftedFilters,
            Pad,
            MaxPool,
            AveragePool,
            GlobalMaxPool,
            GlobalAveragePool,
            LastStep,
            Flatten,
            SqueezeExcitation,
            Projection,
            Residual,
            Parallel,
            Consensus,
        )
    }
)

MOST_LAYERS = 1000
DEEPEST = 16
"""Layers in one list, and lists within lists: far beyond any network worth training, well within Python's own
limits.
"""


def layer_from_json(given: object, pointer: str = "", depth: int = 0) -> LayerSpec:
    """The layer that a JSON object describes, or InvalidSpec with a pointer into it."""
    if not isinstance(given, Mapping):
        raise InvalidSpec('a layer must be an object such as {"kind": "relu"}', pointer=pointer)
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidSpec(
            f"there is no layer kind {told(kind)}{_suggest(str(kind), KINDS)}; "
            f"the kinds are {', '.join(sorted(KINDS))}",
            pointer=f"{pointer}/kind",
        )
    spec = KINDS[kind]
    fields = {field.name: field for field in dataclasses.fields(spec)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "kind":
            continue
        if name not in fields:
            accepted = ", ".join(fields) or "no options"
            raise InvalidSpec(
                f"{kind} has no option {told(name)}{_suggest(str(name), fields)}; it takes {accepted}",
                pointer=f"{pointer}/{name}",
            )
        values[name] = _field_from_json(str(fields[name].type), value, f"{pointer}/{name}", depth)
    for name, field in fields.items():
        if name not in values and field.default is dataclasses.MISSING:
            raise InvalidSpec(f"{kind} needs the option {name!r}", pointer=f"{pointer}/{name}")
    try:
        made: LayerSpec = spec(**values)
    except InvalidSpec as error:
        raise InvalidSpec(f"{kind}: {error.message}", pointer=f"{pointer}{error.pointer or ''}") from error
    return made


def layers_from_json(given: object, pointer: str = "", depth: int = 0) -> tuple[LayerSpec, ...]:
    """The layers of a JSON list."""
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise InvalidSpec("layers must be a list of layers", pointer=pointer)
    if len(given) > MOST_LAYERS or depth > DEEPEST:
        raise InvalidSpec(
            f"layers may hold at most {MOST_LAYERS} layers, and lists within lists to a depth of {DEEPEST}",
            pointer=pointer,
        )
    return tuple(layer_from_json(layer, f"{pointer}/{index}", depth + 1) for index, layer in enumerate(given))


def _field_from_json(annotation: str, value: object, pointer: str, depth: int) -> object:
    if "tuple[sequence.Layers" in annotation:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MOST_LAYERS:
            raise InvalidSpec(f"must be a list of at most {MOST_LAYERS} lists of layers", pointer=pointer)
        return tuple(layers_from_json(one, f"{pointer}/{index}", depth + 1) for index, one in enumerate(value))
    if "sequence.Layers" in annotation:
        return layers_from_json(value, pointer, depth + 1)
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        raise InvalidSpec("must be a plain value, not an object", pointer=pointer)
    return value


def layer_to_json(layer: LayerSpec) -> dict[str, Any]:
    """Every field, defaults too: a stored spec does not change when a default does."""
    spec: Any = layer
    fields = {field.name: _value_to_json(getattr(spec, field.name)) for field in dataclasses.fields(spec)}
    return {"kind": layer.kind, **fields}


def _value_to_json(value: object) -> object:
    if isinstance(value, tuple):
        return [_value_to_json(item) for item in value]
    return layer_to_json(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]  # a layer


def _suggest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name[:40], known, n=1)
    return f", but there is {close[0]!r}" if close else ""
