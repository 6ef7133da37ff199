"""A pipeline: preprocessing, network and head, with all that must travel together for the same answers everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from model.data.series import Task
from model.data.windows import Windowing
from model.losses.regression import percent
from model.predictor import Predictor

if TYPE_CHECKING:
    from model.arrays import Array
    from model.data.scaling import Preprocessing
    from model.network import Network

__all__ = ["Pipeline", "Predictor"]

MEDIAN = 0.5


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What a model version is; the network ends in the task's head.

    target_mean, target_deviation: (D,) float32, which turn the head's outputs into the targets' own units; a forecast's
    D = channels * horizon runs channel by channel
    window: the steps a forecast looks at, always the last ones of a series; for the other tasks those of each window
    stride: from window to window where a case is answered with the mean of its windows; None for forecasts
    length: the only length the network takes, None if it takes any
    quantiles: rising; the head then answers with all of them for each target, side by side
    temperature: what a classifier's logits are divided by
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
    stride: int | None = None
    length: int | None = None
    masked: bool = False
    quantiles: tuple[float, ...] | None = None
    temperature: float = 1.0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def windowing(self) -> Windowing | None:
        """How series are cut: without a horizon into all their windows, else the windows of forecasts roll by it.

        None where series are taken whole.
        """
        if self.window is None:
            return None
        horizon = self.horizon or 0
        return Windowing(self.window, horizon, self.stride or horizon)

    def restore(self, outputs: Array) -> Array:
        """The head's outputs (N, K) float32 -> class probabilities (N, K), or values in the targets' units (N, D).

        With quantiles (N, D Q): those of a target side by side, put in order where the network crossed them.
        """
        if self.target_mean is None or self.target_deviation is None:
            return softmax(outputs / np.float32(self.temperature))
        if self.quantiles is None:
            return self.in_units(outputs)
        values = outputs.reshape(len(outputs), -1, len(self.quantiles))
        spread = np.sort(values, axis=2) * self.target_deviation[:, None] + self.target_mean[:, None]
        return spread.reshape(outputs.shape)

    def in_units(self, answers: Array) -> Array:
        """(N, D) in deviations from the training mean -> in the targets' own units."""
        restored: Array = answers * self.target_deviation + self.target_mean
        return restored

    def central(self, restored: Array) -> Array | None:
        """(N, D): of restored values themselves, or of their quantiles the median; None where it is not one of them."""
        if self.quantiles is None:
            return restored
        place = median(self.quantiles)
        return None if place is None else restored[:, place :: len(self.quantiles)]

    def answers(self, restored: Array) -> dict[str, Array]:
        """Restored outputs under the names that clients know, in the shapes they expect.

        {"probabilities": (N, K) float32, "label": (N,) str objects}, {"value": (N,), or (N, D) where D > 1}, or
        {"forecast": (N, C, horizon)}; with quantiles also {"value_q10": ..., "value_q90": ...}, shaped alike, and no
        plain answer where the median is not among them: no other quantile is one
        """
        if self.classes is not None:
            names = np.array(self.classes, dtype=object)
            return {"probabilities": restored, "label": names[restored.argmax(axis=1)]}
        name = "value" if self.horizon is None else "forecast"
        central = self.central(restored)
        answers = {} if central is None else {name: self._shaped(central)}
        for place, quantile in enumerate(self.quantiles or ()):
            answers[quantile_name(name, quantile)] = self._shaped(restored[:, place :: len(self.quantiles or ())])
        return answers

    def _shaped(self, values: Array) -> Array:
        """(N, D) -> as clients see them."""
        if self.horizon is not None:
            return values.reshape(len(values), len(self.channels), self.horizon)
        return np.ascontiguousarray(values[:, 0] if values.shape[1] == 1 else values)


def median(quantiles: Sequence[float]) -> int | None:
    """The place of the median; None where it is not among the quantiles."""
    return quantiles.index(MEDIAN) if MEDIAN in quantiles else None


def answer_names(name: str, quantiles: Sequence[float] | None) -> tuple[str, ...]:
    """What the outputs are called: the plain answer, where there is one, and behind it each of the quantiles."""
    if quantiles is None:
        return (name,)
    plain = () if median(quantiles) is None else (name,)
    return (*plain, *(quantile_name(name, quantile) for quantile in quantiles))


def quantile_name(name: str, quantile: float) -> str:
    """What the output of a quantile is called: forecast_q10 for 0.1, forecast_q2_5 for 0.025."""
    return f"{name}_q{percent(quantile).replace('.', '_')}"


def softmax(logits: Array) -> Array:
    """(N, K) -> (N, K): exp(z - max z), divided by its sum."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
