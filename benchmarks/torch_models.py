"""The recipes as a PyTorch user writes them: the same layers, paddings and parameters, in the same order.

The order of the modules is that of our layers, body before shortcut, so that parameters can be copied one after
another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3


def convolution(inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> nn.Conv1d:
    """Stride one, as many steps out as in."""
    return nn.Conv1d(inputs, outputs, kernel, padding="same", bias=bias)


def normalization(channels: int) -> nn.BatchNorm1d:
    """With our epsilon; the moving statistics keep nine tenths, as is PyTorch's default."""
    return nn.BatchNorm1d(channels, eps=EPSILON)


class Mean(nn.Module):
    """Global average pooling."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(-1)


class Residual(nn.Module):
    """body(x) + shortcut(x), rectified."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.shortcut(x))


def fcn(channels: int, classes: int) -> nn.Module:
    """Wang 2017."""
    layers: list[nn.Module] = []
    for width, kernel in ((128, 8), (256, 5), (128, 3)):
        layers += [convolution(channels, width, kernel), normalization(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, Mean(), nn.Linear(channels, classes))


def resnet(channels: int, classes: int) -> nn.Module:
    """Wang 2017."""
    blocks: list[nn.Module] = []
    for index, width in enumerate((64, 128, 128)):
        body: list[nn.Module] = []
        inputs = channels
        for kernel in (8, 5, 3):
            body += [convolution(inputs, width, kernel), normalization(width), nn.ReLU()]
            inputs = width
        projection = [convolution(channels, width, 1)] if index < 2 else []  # noqa: PLR2004 - the third keeps its channels
        blocks.append(Residual(nn.Sequential(*body[:-1]), nn.Sequential(*projection, normalization(width))))
        channels = width
    return nn.Sequential(*blocks, Mean(), nn.Linear(channels, classes))


class InceptionModule(nn.Module):
    """A bottleneck, three kernels side by side, and a pooled branch (Ismail Fawaz 2020)."""

    def __init__(self, channels: int, *, bottleneck: bool) -> None:
        super().__init__()
        self.bottleneck = convolution(channels, 32, 1, bias=False) if bottleneck else nn.Identity()
        inputs = 32 if bottleneck else channels
        self.kernels = nn.ModuleList(convolution(inputs, 32, kernel, bias=False) for kernel in (40, 20, 10))
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, 1), convolution(channels, 32, 1, bias=False))
        self.normalization = normalization(128)

    def forward(self, x: Tensor) -> Tensor:
        z = self.bottleneck(x)
        parts = [kernel(z) for kernel in self.kernels] + [self.pooled(x)]
        return functional.relu(self.normalization(torch.cat(parts, 1)))


def inception(channels: int, classes: int) -> nn.Module:
    """Six modules, a shortcut over each three."""
    blocks: list[nn.Module] = []
    for start in (0, 3):
        modules = [
            InceptionModule(channels if index == 0 else 128, bottleneck=index > 0) for index in range(start, start + 3)
        ]
        shortcut = nn.Sequential(convolution(channels, 128, 1, bias=False), normalization(128))
        blocks.append(Residual(nn.Sequential(*modules), shortcut))
        channels = 128
    return nn.Sequential(*blocks, Mean(), nn.Linear(channels, classes))


MODELS: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {build.__name__: build for build in (fcn, resnet, inception)}
)
