"""Every layer, optimizer, schedule and recipe stands in the reference, with its options and their defaults."""

import dataclasses
import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from model.data.augmentation import AUGMENTATIONS
from model.layers.registry import KINDS
from model.optimizers import OPTIMIZERS
from model.recipes import RECIPES
from model.schedules import SCHEDULES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "training-spec.md"
TABLES = {
    "recipe": "| recipe |",
    "layer": "### Layers",
    "optimizer": "### Optimizers",
    "schedule": "### Schedules",
    "augmentation": "### Augmentation",
}
OPTION = re.compile(r"`(\w+)`([^`]*?)(?=, `|$)")


def documented(table: str) -> dict[str, dict[str, str]]:
    """Kind -> option -> the text of its default, from the table that follows a heading."""
    _, _, below = PAGE.read_text("utf-8").partition(TABLES[table])
    rows = re.findall(r"^\| `(\w+)` \| ?(.*?) ?\|", below.partition("\n\n#")[0].partition("\n\n```")[0], re.MULTILINE)
    return {kind: {name: default.strip() for name, default in OPTION.findall(options)} for kind, options in rows}


def fields_of(specs: Mapping[str, type]) -> dict[str, dict[str, str]]:
    return {
        kind: {field.name: _text(field.default, dataclasses.MISSING) for field in dataclasses.fields(spec)}
        for kind, spec in specs.items()
    }


def parameters_of_recipes() -> dict[str, dict[str, str]]:
    return {
        name: {
            parameter.name: _text(parameter.default, inspect.Parameter.empty)
            for parameter in inspect.signature(recipe).parameters.values()
        }
        for name, recipe in RECIPES.items()
    }


def _text(default: object, absent: object) -> str:
    return "" if default is absent else json.dumps(default)


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("layer", fields_of(KINDS)),
        ("optimizer", fields_of(OPTIMIZERS)),
        ("schedule", fields_of(SCHEDULES)),
        ("augmentation", fields_of(AUGMENTATIONS)),
        ("recipe", parameters_of_recipes()),
    ],
    ids=["layers", "optimizers", "schedules", "augmentations", "recipes"],
)
def test_the_page_has_every_kind_with_its_options(table: str, known: dict[str, dict[str, str]]) -> None:
    assert documented(table) == known
