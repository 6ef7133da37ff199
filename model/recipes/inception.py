"""One network of InceptionTime: Ismail Fawaz et al. 2020. InceptionTime itself is an ensemble of five."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.layer import require_positive
from model.layers.parallel import Parallel
from model.layers.pooling import MaxPool
from model.layers.projection import Projection
from model.layers.relu import Relu
from model.layers.residual import Residual

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

GROUP = 3
"""Modules under one shortcut."""


def inception(
    *,
    filters: int = 32,
    depth: int = 6,
    kernels: tuple[int, ...] = (40, 20, 10),
    bottleneck: int = 32,
) -> tuple[LayerSpec, ...]:
    """Modules of parallel kernels, a shortcut over each three (Ismail Fawaz et al. 2020); bottleneck 0: none."""
    require_positive(filters=filters, depth=depth)
    narrow: tuple[LayerSpec, ...] = (Projection(bottleneck, unless="single", bias=False),) if bottleneck else ()
    wide = Parallel(tuple((Conv1d(filters, kernel, bias=False),) for kernel in kernels))
    pooled = (MaxPool(3, 1, "same"), Conv1d(filters, 1, bias=False))
    module: tuple[LayerSpec, ...] = (Parallel(((*narrow, wide), pooled)), BatchNormalization(), Relu())
    shortcut = (Conv1d(filters * (len(kernels) + 1), 1, bias=False), BatchNormalization())
    groups, rest = divmod(depth, GROUP)
    return (*(Residual(module * GROUP, shortcut=shortcut), Relu()) * groups, *module * rest, GlobalAveragePool())
