"""A pipeline: preprocessing, network and head, with all that must travel together for the same answers everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from model.data.series import Task
from model.data.windows import Windowing
from model.predictor import Predictor

if TYPE_CHECKING:
    from model.arrays import Array
    from model.data.scaling import Preprocessing
    from model.network import Network

__all__ = ["Pipeline", "Predictor"]


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What a model version is; the network ends in the task's head.

    target_mean, target_deviation: (D,) float32, which turn the head's outputs into the targets' own units; a forecast's
    D = channels * horizon runs channel by channel
    window: the steps a forecast looks at, always the last ones of a series
    length: the only length the network takes, None if it takes any
    masked: cases may end before the array that holds them: trailing steps where every channel is NaN are padding
    metadata: JSON values, where the model comes from: spec, metrics, lineage
    """

    task: Task
    network: Network
    preprocessing: Preprocessing
    channels: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    target_mean: Array | None = None
    target_deviation: Array | None = None
    horizon: int | None = None
    window: int | None = None
    length: int | None = None
    masked: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def windowing(self) -> Windowing | None:
        """What a forecast sees and answers, its windows one horizon apart; None for the other tasks."""
        if self.window is None or self.horizon is None:
            return None
        return Windowing(self.window, self.horizon, self.horizon)

    def restore(self, outputs: Array) -> Array:
        """The head's outputs (N, K) float32 -> class probabilities (N, K), or values in the targets' units (N, D)."""
        if self.target_mean is None or self.target_deviation is None:
            return softmax(outputs)
        restored: Array = outputs * self.target_deviation + self.target_mean
        return restored

    def answers(self, restored: Array) -> dict[str, Array]:
        """Restored outputs under the names that clients know, in the shapes they expect.

        {"probabilities": (N, K) float32, "label": (N,) str objects}, {"value": (N,), or (N, D) where D > 1}, or
        {"forecast": (N, C, horizon)}
        """
        if self.classes is not None:
            names = np.array(self.classes, dtype=object)
            return {"probabilities": restored, "label": names[restored.argmax(axis=1)]}
        if self.horizon is not None:
            return {"forecast": restored.reshape(len(restored), len(self.channels), self.horizon)}
        return {"value": restored[:, 0] if restored.shape[1] == 1 else restored}


def softmax(logits: Array) -> Array:
    """(N, K) -> (N, K): exp(z - max z), divided by its sum."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
