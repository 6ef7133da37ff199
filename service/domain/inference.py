"""What inference takes, gives and tells of itself, in the words of the Open Inference Protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.pipeline import answer_names
from service.domain.models import ModelVersion, Signature

Tensor = np.ndarray[Any, np.dtype[Any]]

PLATFORM = "wavetap"
INPUT = "series"
UNKNOWN = -1
"""A dimension of any size."""


@dataclass(frozen=True)
class TensorSpec:
    """A tensor by its name, the protocol's datatype, and its shape with -1 for any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ModelMetadata:
    """What a client must know to call a model."""

    name: str
    versions: tuple[str, ...]
    platform: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(eq=False, slots=True)  # not frozen: one is made for each request
class InferResult:
    """The outputs that were asked for, in that order, and the version that gave them."""

    version: ModelVersion
    outputs: Mapping[str, Tensor]


def inputs(signature: Signature) -> tuple[TensorSpec, ...]:
    """The tensors a version takes."""
    length = UNKNOWN if signature.length is None else signature.length
    return (TensorSpec(INPUT, "FP32", (UNKNOWN, len(signature.channels), length)),)


def outputs(signature: Signature) -> tuple[TensorSpec, ...]:
    """The tensors a version gives."""
    return OUTPUTS[signature.task](signature)


def output_names(signature: Signature) -> tuple[str, ...]:
    """What the tensors that a version gives are called."""
    return tuple(spec.name for spec in outputs(signature))


def _classification(signature: Signature) -> tuple[TensorSpec, ...]:
    width = len(signature.classes or ())
    return TensorSpec("probabilities", "FP32", (UNKNOWN, width)), TensorSpec("label", "BYTES", (UNKNOWN,))


def _regression(signature: Signature) -> tuple[TensorSpec, ...]:
    shape = (UNKNOWN,) if signature.targets in {None, 1} else (UNKNOWN, signature.targets or 1)
    return _with_quantiles("value", shape, signature)


def _forecasting(signature: Signature) -> tuple[TensorSpec, ...]:
    return _with_quantiles("forecast", (UNKNOWN, len(signature.channels), signature.horizon or UNKNOWN), signature)


def _with_quantiles(name: str, shape: tuple[int, ...], signature: Signature) -> tuple[TensorSpec, ...]:
    """The plain answer, where there is one, and behind it each of its quantiles under a name of its own."""
    return tuple(TensorSpec(each, "FP32", shape) for each in answer_names(name, signature.quantiles))


OUTPUTS = {"classification": _classification, "regression": _regression, "forecasting": _forecasting}
