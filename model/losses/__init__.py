"""Losses, and the one table of their kinds."""

from collections.abc import Mapping
from types import MappingProxyType

from model.losses.classification import BinaryCrossEntropy, Focal, SoftmaxCrossEntropy
from model.losses.loss import LossSpec
from model.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError, Quantile

LOSSES: Mapping[str, type] = MappingProxyType(
    {
        spec.kind: spec
        for spec in (
            SoftmaxCrossEntropy,
            Focal,
            BinaryCrossEntropy,
            MeanSquaredError,
            MeanAbsoluteError,
            Huber,
            Quantile,
        )
    }
)

__all__ = [
    "LOSSES",
    "BinaryCrossEntropy",
    "Focal",
    "Huber",
    "LossSpec",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Quantile",
    "SoftmaxCrossEntropy",
]
