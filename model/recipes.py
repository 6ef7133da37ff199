"""Named architectures for series, each a readable composition of layers.

A recipe is a body: it ends in a vector, on which the task's own dense layer stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.parallel import Parallel
from model.layers.pooling import MaxPool
from model.layers.relu import Relu
from model.layers.residual import Residual

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

Body = tuple["LayerSpec", ...]


def fcn(*, filters: tuple[int, ...] = (128, 256, 128), kernels: tuple[int, ...] = (8, 5, 3)) -> Body:
    """The fully convolutional network of Wang, Yan and Oates 2017: convolution, normalization, rectifier, three
    times.
    """
    if len(filters) != len(kernels):
        raise InvalidSpec(
            f"filters has {len(filters)} entries and kernels {len(kernels)}; they need as many", pointer="/filters"
        )
    body: list[LayerSpec] = []
    for width, kernel in zip(filters, kernels, strict=True):
        body += [Conv1d(width, kernel), BatchNormalization(), Relu()]
    return (*body, GlobalAveragePool())


def resnet(*, filters: int = 64, kernels: tuple[int, ...] = (8, 5, 3)) -> Body:
    """The residual network of Wang, Yan and Oates 2017: three blocks of three convolutions."""
    body: list[LayerSpec] = []
    for index, width in enumerate((filters, 2 * filters, 2 * filters)):
        layers: list[LayerSpec] = []
        for kernel in kernels:
            layers += [Conv1d(width, kernel), BatchNormalization(), Relu()]
        projection: Body = (Conv1d(width, 1),) if index < 2 else ()  # noqa: PLR2004 - the third block keeps its channels
        body += [Residual(tuple(layers[:-1]), shortcut=(*projection, BatchNormalization())), Relu()]
    return (*body, GlobalAveragePool())


def inception(
    *,
    filters: int = 32,
    depth: int = 6,
    kernels: tuple[int, ...] = (40, 20, 10),
    bottleneck: int = 32,
) -> Body:
    """The network of InceptionTime, Ismail Fawaz et al. 2020: modules of parallel kernels, a shortcut over each
    three.
    """
    width = filters * (len(kernels) + 1)

    def module(index: int) -> list[LayerSpec]:
        narrow: Body = (Conv1d(bottleneck, 1, bias=False),) if bottleneck and index else ()
        wide: Body = (Parallel(tuple((Conv1d(filters, kernel, bias=False),) for kernel in kernels)),)
        pooled: Body = (MaxPool(3, 1, "same"), Conv1d(filters, 1, bias=False))
        return [Parallel(((*narrow, *wide), pooled)), BatchNormalization(), Relu()]

    body: list[LayerSpec] = []
    for start in range(0, depth, 3):
        modules = [layer for index in range(start, min(start + 3, depth)) for layer in module(index)]
        if start + 3 <= depth:
            shortcut: Body = (Conv1d(width, 1, bias=False), BatchNormalization())
            body += [Residual(tuple(modules), shortcut=shortcut), Relu()]
        else:
            body += modules
    return (*body, GlobalAveragePool())


RECIPES: Mapping[str, Callable[..., Body]] = MappingProxyType(
    {recipe.__name__: recipe for recipe in (fcn, resnet, inception)}
)


def build(name: str, **options: object) -> Body:
    """The body of a recipe with its own options, or InvalidSpec that names what is accepted."""
    if name not in RECIPES:
        raise InvalidSpec(
            f"there is no recipe {name[:40]!r}; the recipes are {', '.join(sorted(RECIPES))}", pointer="/recipe"
        )
    recipe = RECIPES[name]
    accepted = inspect.signature(recipe).parameters
    for option in options:
        if option not in accepted:
            raise InvalidSpec(
                f"recipe {name} has no option {option[:40]!r}; it takes {', '.join(accepted)}", pointer=f"/{option}"
            )
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    try:
        return recipe(**values)
    except (TypeError, ValueError) as error:
        raise InvalidSpec(f"the options of recipe {name} are not of the right types: {options!r:.200}") from error
