"""The one table of recipes, and building one by its name.

A recipe is a function of its own options, with the published values as defaults. It gives a body: layers that end in a
vector, on which the task's own dense layer stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from model.errors import InvalidSpec, told
from model.recipes.fcn import fcn
from model.recipes.inception import inception
from model.recipes.lite import lite
from model.recipes.resnet import resnet
from model.recipes.resnet_lite import resnet_lite
from model.recipes.tcn import tcn

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

Body = tuple["LayerSpec", ...]

RECIPES: Mapping[str, Callable[..., Body]] = MappingProxyType(
    {recipe.__name__: recipe for recipe in (fcn, resnet, inception, lite, resnet_lite, tcn)}
)


def build(name: str, **options: object) -> Body:
    """The body of a recipe with its own options, or InvalidSpec that names what is accepted."""
    if name not in RECIPES:
        raise InvalidSpec(
            f"there is no recipe {told(name)}; the recipes are {', '.join(sorted(RECIPES))}", pointer="/recipe"
        )
    recipe = RECIPES[name]
    accepted = inspect.signature(recipe).parameters
    for option in options:
        if option not in accepted:
            raise InvalidSpec(
                f"recipe {name} has no option {told(option)}; it takes {', '.join(accepted)}", pointer=f"/{option}"
            )
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    try:
        return recipe(**values)
    except (TypeError, ValueError) as error:
        raise InvalidSpec(f"the options of recipe {name} are not of the right types") from error
