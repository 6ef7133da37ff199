"""Everything that `model` refuses, as one tree.

ModelError
├── InvalidSpec      INVALID_ARGUMENT     a network, preprocessing or training spec that cannot be built
├── InvalidSeries    INVALID_ARGUMENT     series that cannot be used for what was asked
├── InvalidArchive   DATA_LOSS            bytes that are no archive of ours, or a corrupt one
├── Diverged         ABORTED              a loss that stopped being finite
└── ExportRefused    FAILED_PRECONDITION  an ONNX graph that does not answer as the network does

A message is one sentence that names the thing, its value, and what would be accepted.
Codes are gRPC's vocabulary; the service translates them at its edges by one total table each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

_SHOWN = 60
"""Characters of a value."""


class ModelError(Exception):
    """Something `model` was asked to do and cannot; `pointer` is a JSON pointer into the spec at fault."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, pointer: str | None = None) -> None:
        Exception.__init__(self, message)
        self.message = message
        self.pointer = pointer


class InvalidSpec(ModelError):
    """A network, preprocessing or training spec that cannot be built."""

    code = "INVALID_ARGUMENT"


class InvalidSeries(ModelError):
    """Series that cannot be used for what was asked."""

    code = "INVALID_ARGUMENT"


class InvalidArchive(ModelError):
    """Bytes that are no archive of ours, or a corrupt one."""

    code = "DATA_LOSS"


class Diverged(ModelError):
    """A loss that stopped being finite, at a 1-based epoch and a 1-based step within it."""

    code = "ABORTED"

    def __init__(self, *, epoch: int, step: int) -> None:
        ModelError.__init__(
            self,
            f"The loss stopped being finite in epoch {epoch}, step {step}; "
            "a smaller learning rate, or series without extreme values, would keep it finite.",
        )
        self.epoch = epoch
        self.step = step


class ExportRefused(ModelError):
    """An ONNX graph that does not answer as the network does."""

    code = "FAILED_PRECONDITION"


def told(value: object) -> str:
    """How a message names a value: a text or number by itself, and what holds others by what it is and how many.

    So a message is short, and repeats nothing of a large request.
    """
    if isinstance(value, Mapping):
        return f"an object of {len(value)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
