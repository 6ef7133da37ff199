"""The residual network of Wang, Yan and Oates 2017."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.layers.residual import Residual

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec


def resnet(*, filters: int = 64, kernels: tuple[int, ...] = (8, 5, 3)) -> tuple[LayerSpec, ...]:
    """Three residual blocks of three convolutions, the last two twice as wide (Wang, Yan and Oates 2017)."""
    if not kernels:
        raise InvalidSpec("kernels is empty, but must name the size of at least one kernel", pointer="/kernels")
    first, second = _block(filters, kernels, widens=True), _block(2 * filters, kernels, widens=True)
    third = _block(2 * filters, kernels, widens=False)
    return (*first, *second, *third, GlobalAveragePool())


def _block(width: int, kernels: tuple[int, ...], *, widens: bool) -> tuple[LayerSpec, ...]:
    """The shortcut is normalized even where the channels stay as many."""
    body: list[LayerSpec] = []
    for kernel in kernels:
        body += [Conv1d(width, kernel), BatchNormalization(), Relu()]
    projection = (Conv1d(width, 1),) if widens else ()
    return Residual(tuple(body[:-1]), shortcut=(*projection, BatchNormalization())), Relu()
