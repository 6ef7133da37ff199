"""A residual network of half the usual width beside LITE: what learns cases with answers where nothing is chosen.

LITE has kernels five times as long as those of ResNet, and filters made by hand, but a tenth of its weights; each fails
where the other does not, see docs/adr/0005-defaults.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.layer import require_positive
from model.layers.parallel import Parallel
from model.layers.relu import Relu
from model.recipes.lite import lite
from model.recipes.resnet import resnet

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

STEM = 8


def resnet_lite(*, filters: int = 32, stride: int = 1) -> tuple[LayerSpec, ...]:
    """The features of ResNet (Wang, Yan and Oates 2017) and of LITE (Ismail-Fawaz et al. 2023), one behind the other.

    stride: long series are first convolved with kernels of as many times eight steps, which move by so many steps.
    """
    require_positive(filters=filters, stride=stride)
    stem = (Conv1d(filters, STEM * stride, stride=stride), BatchNormalization(), Relu()) if stride > 1 else ()
    return (*stem, Parallel((resnet(filters=filters), lite(filters=filters))))
