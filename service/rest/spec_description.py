"""The training spec in the interface's description, drawn from the network's own tables, so that it cannot drift."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

from api_schemas.rest.datasets import Task
from model.data.augmentation import AUGMENTATIONS
from model.data.scaling import FILLINGS, SCALINGS
from model.layers.registry import KINDS
from model.optimizers import OPTIMIZERS
from model.recipes import RECIPES
from model.schedules import SCHEDULES
from model.training.class_weights import BALANCED
from model.training.sections import EarlyStopping, PreprocessingSection, TrainingSection
from model.training.validation import SPLITS, Validation

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{}"
TYPES: Mapping[str, Schema] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
    "tuple[int, ...]": {"type": "array", "items": {"type": "integer"}},
    "tuple[LayerSpec, ...]": {"type": "array", "items": {"$ref": REFERENCE.format("Layer")}},
    "Layers": {"type": "array", "items": {"$ref": REFERENCE.format("Layer")}},
    "sequence.Layers": {"type": "array", "items": {"$ref": REFERENCE.format("Layer")}},
    "tuple[Layers, ...]": {
        "type": "array",
        "items": {"type": "array", "items": {"$ref": REFERENCE.format("Layer")}},
    },
}
"""JSON's types for annotations; one that is missing here is left open, and its class's text says what it takes."""

SECTIONS: Mapping[str, Mapping[str, Schema]] = {
    "Preprocessing": {"scaling": {"enum": list(SCALINGS)}, "missing": {"enum": list(FILLINGS)}},
    "Validation": {"by": {"enum": list(SPLITS)}},
    "Training": {
        "optimizer": {"$ref": REFERENCE.format("Optimizer")},
        "schedule": {"$ref": REFERENCE.format("Schedule")},
        "validation": {"$ref": REFERENCE.format("Validation")},
        "early_stopping": {"$ref": REFERENCE.format("EarlyStopping")},
        "augmentation": {"type": "array", "items": {"$ref": REFERENCE.format("Augmentation")}},
        "class_weights": {
            "oneOf": [
                {"const": BALANCED},
                {"type": "array", "items": {"type": "number"}},
                {"type": "object", "additionalProperties": {"type": "number"}},
            ]
        },
    },
}
"""Members that are more than a number."""


def schemas() -> dict[str, Schema]:
    """The components that a training job's request consists of."""
    return {
        "Network": {
            "description": "A recipe with its own options, or the body as layers; the task's head is added to it.",
            "oneOf": [_recipe(name, recipe) for name, recipe in RECIPES.items()] + [_layers()],
        },
        "Layer": {"oneOf": [_tagged(kind, spec) for kind, spec in KINDS.items()]},
        "Optimizer": {"oneOf": [_tagged(kind, spec) for kind, spec in OPTIMIZERS.items()]},
        "Schedule": {"oneOf": [_tagged(kind, spec) for kind, spec in SCHEDULES.items()]},
        "Augmentation": {"oneOf": [_tagged(kind, spec) for kind, spec in AUGMENTATIONS.items()]},
        "Validation": _section(Validation, SECTIONS["Validation"]),
        "EarlyStopping": _section(EarlyStopping),
        "Preprocessing": _section(PreprocessingSection, SECTIONS["Preprocessing"]),
        "Training": _section(TrainingSection, SECTIONS["Training"]),
    }


def refine(request: Schema) -> None:
    """Point the members of a training job's request at the components above."""
    for member in ("network", "preprocessing", "training"):
        request["properties"][member] = {"$ref": REFERENCE.format(member.capitalize())}
    request["properties"]["task"]["enum"] = list(get_args(Task))


def _layers() -> Schema:
    return {
        "title": "layers",
        "type": "object",
        "required": ["layers"],
        "additionalProperties": False,
        "properties": {"layers": {"type": "array", "minItems": 1, "items": {"$ref": REFERENCE.format("Layer")}}},
    }


def _recipe(name: str, recipe: Callable[..., Any]) -> Schema:
    options = {
        parameter.name: _member(str(parameter.annotation), parameter.default)
        for parameter in inspect.signature(recipe).parameters.values()
    }
    return _object(name, inspect.getdoc(recipe), {"recipe": {"const": name}, **options}, ["recipe"])


def _tagged(kind: str, spec: type) -> Schema:
    members = {field.name: _member(str(field.type), field.default) for field in dataclasses.fields(spec)}
    needed = [field.name for field in dataclasses.fields(spec) if _is_needed(field)]
    return _object(kind, inspect.getdoc(spec), {"kind": {"const": kind}, **members}, ["kind", *needed])


def _section(section: type, refined: Mapping[str, Schema] | None = None) -> Schema:
    members = {field.name: _member(str(field.type)) for field in dataclasses.fields(section)}
    return _object(None, inspect.getdoc(section), {**members, **(refined or {})}, [])


def _member(annotation: str, default: object = None) -> Schema:
    member = dict(TYPES.get(annotation.removesuffix(" | None"), {}))
    if isinstance(default, bool | int | float | str):
        member["default"] = default
    elif isinstance(default, tuple) and all(isinstance(value, int) for value in default):
        member["default"] = list(default)
    return member


def _object(title: str | None, text: str | None, members: Mapping[str, Schema], needed: list[str]) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": dict(members)}
    if title is not None:
        schema["title"] = title
    if text:
        schema["description"] = " ".join(text.split())
    return {**schema, "required": needed} if needed else schema


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
