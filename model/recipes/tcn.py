"""The temporal convolutional network of Bai, Kolter and Koltun 2018.

Its authors draw every kernel from a normal distribution of deviation 0.01. In their code that reaches the projections
alone: weight normalization makes the other kernels anew from what was drawn before, uniformly by their fan-in. So it is
here, and it matters: the adding problem is learned several times sooner than from narrow kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.errors import InvalidSpec, told
from model.layers.conv1d import Conv1d
from model.layers.dropout import Dropout
from model.layers.global_pooling import LastStep
from model.layers.projection import Projection
from model.layers.relu import Relu
from model.layers.residual import Residual

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec

MOST_LEVELS = 24
"""Beyond it a window spans more steps than any series has."""


def tcn(
    *,
    filters: int = 30,
    levels: int = 8,
    kernel: int = 7,
    dropout: float = 0.0,
    initializer: str = "lecun_uniform",
    last_step: bool = True,
) -> tuple[LayerSpec, ...]:
    """Causal residual blocks, each of two weight-normalized convolutions, the dilation doubling from level to level
    (Bai, Kolter and Koltun 2018); last_step false: an answer at every step.
    """
    if not 1 <= levels <= MOST_LEVELS:
        raise InvalidSpec(f"levels is {told(levels)}, but must be from 1 to {MOST_LEVELS}", pointer="/levels")
    body: list[LayerSpec] = []
    for level in range(levels):
        convolution = Conv1d(
            filters,
            kernel,
            padding="causal",
            dilation=2**level,
            initializer=initializer,
            weight_normalization=True,
        )
        dropped = (Dropout(dropout),) if dropout else ()
        shortcut = (Projection(filters, initializer="narrow_normal"),)
        body += [Residual((convolution, Relu(), *dropped) * 2, shortcut=shortcut), Relu()]
    return (*body, LastStep()) if last_step else tuple(body)
