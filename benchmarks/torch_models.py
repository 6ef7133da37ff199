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
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import ParametrizationList

from model.layers.handcrafted_filters import HandcraftedFilters

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
            InceptionModule(channels if index == start else 128, bottleneck=index > start or channels > 1)
            for index in range(start, start + 3)
        ]
        shortcut = nn.Sequential(convolution(channels, 128, 1, bias=False), normalization(128))
        blocks.append(Residual(nn.Sequential(*modules), shortcut))
        channels = 128
    return nn.Sequential(*blocks, Mean(), nn.Linear(channels, classes))


class FixedFilters(nn.Module):
    """LITE's hand-crafted filters (F, 1, K): of the sum of the channels, since each channel has the same; rectified."""

    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        kernel = HandcraftedFilters().kernel.T[:, None, :]
        self.register_buffer("filters", torch.from_numpy(kernel.copy()).float())

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(functional.conv1d(x.sum(1, keepdim=True), self.filters, padding="same"))


class Multiplexed(nn.Module):
    """LITE's first layer: three kernels side by side, and the hand-crafted filters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kernels = nn.ModuleList(convolution(channels, 32, kernel, bias=False) for kernel in (40, 20, 10))
        self.fixed = FixedFilters()

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([*(kernel(x) for kernel in self.kernels), self.fixed(x)], 1)


def lite(channels: int, classes: int) -> nn.Module:
    """Ismail-Fawaz 2023."""
    layers: list[nn.Module] = [Multiplexed(channels), normalization(113), nn.ReLU()]
    for inputs, kernel, dilation in ((113, 20, 2), (32, 10, 4)):
        layers += [
            nn.Conv1d(inputs, inputs, kernel, padding="same", dilation=dilation, groups=inputs, bias=False),
            convolution(inputs, 32, 1, bias=False),
            normalization(32),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, Mean(), nn.Linear(32, classes))


class Causal(nn.Module):
    """A weight-normalized convolution that sees no later step."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.left = (kernel - 1) * dilation
        self.convolution = weight_norm(nn.Conv1d(inputs, outputs, kernel, dilation=dilation))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.convolution(functional.pad(x, (self.left, 0)))
        return y


class Last(nn.Module):
    """The last step."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, -1]


def tcn(channels: int, classes: int) -> nn.Module:
    """Bai 2018."""
    blocks: list[nn.Module] = []
    for level in range(8):
        body = (Causal(channels, 30, 7, 2**level), nn.ReLU(), Causal(30, 30, 7, 2**level), nn.ReLU())
        shortcut = nn.Identity() if channels == 30 else convolution(channels, 30, 1)  # noqa: PLR2004 - the filters
        blocks.append(Residual(nn.Sequential(*body), shortcut))
        channels = 30
    return nn.Sequential(*blocks, Last(), nn.Linear(30, classes))


def parameters(net: nn.Module) -> list[nn.Parameter]:
    """In the order of ours: of a weight-normalized layer the direction, the gain, then the bias."""
    found: list[nn.Parameter] = []
    for layer in net.modules():
        if isinstance(layer, ParametrizationList):
            gain, direction = layer.parameters()
            found[-1:-1] = [direction, gain]  # PyTorch shows a layer's bias before what its weight is made of
        else:
            found += layer.parameters(recurse=False)
    return found


MODELS: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {build.__name__: build for build in (fcn, resnet, inception, lite, tcn)}
)
