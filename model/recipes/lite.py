"""LITE: Ismail-Fawaz et al. 2023, "LITE: Light Inception with boosTing tEchniques for Time Series Classification"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.parallel import Parallel
from model.layers.relu import Relu

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec


def lite(*, filters: int = 32, kernel: int = 40) -> tuple[LayerSpec, ...]:
    """Three multiplexed kernels beside hand-crafted filters, two dilated separable convolutions: 9,814 parameters
    (Ismail-Fawaz et al. 2023).
    """
    by_hand = HandcraftedFilters()
    multiplexed = tuple((Conv1d(filters, size, bias=False),) for size in (kernel, kernel // 2, kernel // 4))
    width = 3 * filters + len(by_hand.filters)
    return (
        Parallel((*multiplexed, (by_hand, Relu()))),
        BatchNormalization(),
        Relu(),
        *_separable(width, filters, kernel // 2, dilation=2),
        *_separable(filters, filters, kernel // 4, dilation=4),
        GlobalAveragePool(),
    )


def _separable(width: int, filters: int, kernel: int, dilation: int) -> tuple[LayerSpec, ...]:
    """Each of `width` channels by a kernel of its own, then all mixed to `filters`."""
    depthwise = Conv1d(width, kernel, dilation=dilation, groups=width, bias=False)
    return depthwise, Conv1d(filters, 1, bias=False), BatchNormalization(), Relu()
