"""The augmenter: changes each batch that is trained on, as the spec asks, from random numbers of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.data.augmentation import Augmentation, Batch, Jitter, Mixup
from model.data.series import Task
from model.errors import InvalidSpec
from model.losses.mixed import Mixed
from model.plan import Plan

OF_FORECASTS = (Jitter.kind, Mixup.kind)
"""What changes a window and not what follows it, or both alike."""


class Augmenter:
    """Owns the generator; `values` is how many of the network's channels hold values."""

    def __init__(self, augmentations: Sequence[Augmentation], values: int, generator: np.random.Generator) -> None:
        self._augmentations = augmentations
        self._values = values
        self.generator = generator

    @property
    def mixes(self) -> bool:
        """Whether answers are mixed too."""
        return any(isinstance(augmentation, Mixup) for augmentation in self._augmentations)

    def apply(self, plan: Plan) -> None:
        """Change what was just filled into a training plan."""
        length = plan.inputs.shape[1]
        lengths = np.full(plan.batch, length, np.int64) if plan.lengths is None else plan.lengths
        batch = Batch(plan.inputs, lengths, self._values, plan.targets, isinstance(plan.loss, Mixed))
        for augmentation in self._augmentations:
            augmentation.apply(batch, self.generator)


def require_fitting(augmentations: Sequence[Augmentation], task: Task) -> None:
    """Refuse what would change a window so that what follows it is no answer to it any more."""
    for place, augmentation in enumerate(augmentations):
        if task == "forecasting" and augmentation.kind not in OF_FORECASTS:
            raise InvalidSpec(
                f"The augmentation {augmentation.kind} is not for forecasting; {', '.join(OF_FORECASTS)} are.",
                pointer=f"/training/augmentation/{place}/kind",
            )
