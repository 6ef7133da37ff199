"""Random numbers of a training: each of their uses has a stream of its own, so that none disturbs another."""

from __future__ import annotations

import numpy as np

from model.training.spec import TrainingSpec

STREAMS = ("split", "weights", "order", "dropout", "augmentation")
"""The uses; a stream follows from the seed and the place of its use here."""


def stream(spec: TrainingSpec, use: str, shard: int = 0) -> np.random.Generator:
    """The random numbers of one use, and of one shard where the use has several."""
    return np.random.default_rng([spec.training.seed or 0, STREAMS.index(use), shard])
