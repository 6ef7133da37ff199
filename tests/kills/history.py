"""What the clients were told, and what must therefore be there whatever dies."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests import houses
from tests.records import some_series

MODEL = "survivors"
DATASET = "gestures"
ALIAS = "champion"
EPOCHS = 60
NETWORK = {
    "layers": [
        {"kind": "conv1d", "out_channels": 16, "kernel": 5},
        {"kind": "batch_normalization"},
        {"kind": "relu"},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "conv1d", "out_channels": 16, "kernel": 5},
    ]
}
"""One of each kind of state: weights, moments, running statistics, random numbers."""

TRAINING = {"epochs": EPOCHS, "batch_size": 16, "seed": 7, "validation": {"fraction": 0.2}}
REQUEST: dict[str, Any] = {"model": MODEL, "dataset": DATASET, "network": NETWORK, "training": TRAINING}
CASES, LENGTH = 240, 64


def content(seed: int) -> bytes:
    """A file of a dataset that no other seed gives."""
    return houses.classification_file(CASES, length=LENGTH, seed=seed)


def values(seed: int) -> np.ndarray:
    """(cases, length, channels) float32 as they must lie in the store."""
    return houses.cases(CASES, length=LENGTH, seed=seed).transpose(0, 2, 1)


@dataclass
class History:
    """Acknowledged writes, by what they were about."""

    uploads: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Name to digest and seed."""
    jobs: dict[str, str] = field(default_factory=dict)
    """Idempotency-Key to job."""
    attempted_keys: set[str] = field(default_factory=set)
    seen_epochs: dict[str, int] = field(default_factory=dict)
    """Job to the last epoch that a client was shown."""
    alias: int | None = None
    alias_wanted: set[int] = field(default_factory=set)
    """Versions that the alias may point at beside the acknowledged one, as no answer came."""
    blows: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    """Names and files that power cuts took, none of them acknowledged."""

    @property
    def acknowledged(self) -> int:
        epochs = sum(self.seen_epochs.values())
        return len(self.uploads) + len(self.jobs) + epochs + self.blows["acknowledged aliases"]


def unbroken() -> tuple[bytes, list[dict[str, float]]]:
    """Weights and metrics of the same training, by nobody but the network."""
    labels = ["down" if index % 2 else "up" for index in range(CASES)]
    series = type(some_series()).from_cases(list(values(0)), labels=labels)
    wanted = TrainingSpec.from_json({"network": NETWORK, "training": TRAINING})
    trainer = Trainer(series, settled(wanted, series))
    metrics = [dict(report.metrics) for report in trainer.epochs()]
    network = trainer.pipeline().network
    return network.parameters.tobytes() + network.state.tobytes(), metrics
