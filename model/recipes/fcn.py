"""The fully convolutional network of Wang, Yan and Oates 2017."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import require_positive
from model.layers.relu import Relu

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec


def fcn(
    *, filters: tuple[int, ...] = (128, 256, 128), kernels: tuple[int, ...] = (8, 5, 3), stride: int = 1
) -> tuple[LayerSpec, ...]:
    """Convolution, normalization, rectifier, three times (Wang, Yan and Oates 2017).

    stride: for long series the first kernel is as many times as long, and moves by so many steps.
    """
    require_positive(stride=stride)
    if not filters:
        raise InvalidSpec("filters is empty, but must name the channels of at least one layer", pointer="/filters")
    if len(filters) != len(kernels):
        raise InvalidSpec(
            f"filters has {len(filters)} entries and kernels {len(kernels)}; they need as many", pointer="/filters"
        )
    body: list[LayerSpec] = []
    for place, (width, kernel) in enumerate(zip(filters, kernels, strict=True)):
        apart = stride if place == 0 else 1
        body += [Conv1d(width, kernel * apart, stride=apart), BatchNormalization(), Relu()]
    return (*body, GlobalAveragePool())
