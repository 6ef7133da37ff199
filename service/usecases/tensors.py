"""What comes in for prediction, checked once and turned into arrays; refusals name what would be accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.arrays import surely_finite
from service.domain.inference import INPUT, Tensor, inputs
from service.domain.models import Signature
from service.errors import DETAILS_LISTED, Detail, InvalidRequest

RANK = 3
NUMBERS = frozenset("fiu")
"""NumPy's kinds of real numbers."""


def checked_outputs(wanted: Sequence[str] | None, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the outputs to give: all that are offered, unless some were chosen."""
    if not wanted:
        return offered
    if len(wanted) > len(offered) or len(set(wanted)) < len(wanted) or not set(wanted) <= set(offered):
        raise _refusal("/outputs", f"Ask for each of these outputs at most once: {', '.join(offered)}.")
    return tuple(wanted)


def checked_inputs(tensors: Mapping[str, Tensor], signature: Signature) -> Tensor:
    """The input (N, C, L) as float32; infinite values, other ranks and other sizes are refused."""
    tensor = tensors.get(INPUT)
    if tensor is None or len(tensors) > 1:
        shape = _shape(inputs(signature)[0].shape)
        raise _refusal("/inputs", f"Give exactly one input, {INPUT}, FP32 with the shape {shape}.")
    if tensor.dtype.kind not in NUMBERS:
        raise _refusal(f"/inputs/{INPUT}", f"The input {INPUT} holds numbers, FP32 by preference.")
    fits = (
        tensor.ndim == RANK
        and tensor.size > 0
        and tensor.shape[1] == len(signature.channels)
        and tensor.shape[2] == (signature.length or tensor.shape[2])
    )
    if not fits:
        raise _refusal(
            f"/inputs/{INPUT}",
            f"The input {INPUT} has the shape {_shape(tensor.shape)}; {_shape(inputs(signature)[0].shape)} is taken: "
            "cases, channels, steps, with -1 for any number from 1.",
        )
    return _finite(tensor, f"/inputs/{INPUT}")


def _shape(sizes: Sequence[int]) -> str:
    return f"[{', '.join(map(str, sizes))}]"


def checked_cases(cases: Sequence[Any], signature: Signature) -> list[Tensor]:
    """Each case (C, L_i) as float32; every case that is refused is told of, the first ten at most.

    A forecast begins behind the last step of a case, so of one that is longer than its window the end is taken.
    """
    if not cases:
        raise _refusal("/series", "Give at least one case: series is a list of cases, each a list of channels.")
    arrays: list[Tensor] = []
    faults: list[Detail] = []
    for index, case in enumerate(cases):
        try:
            arrays.append(_checked_case(case, signature, f"/series/{index}"))
        except InvalidRequest as error:
            faults.extend(error.details)
        if len(faults) >= DETAILS_LISTED:
            break
    if faults:
        raise InvalidRequest(faults[0].detail, *faults)
    return arrays


def _checked_case(case: object, signature: Signature, pointer: str) -> Tensor:
    width, forecasts = len(signature.channels), signature.task == "forecasting"
    steps = f"{signature.length}{' or more' if forecasts else ''}" if signature.length else "equally many"
    wanted = f"{width} channels of {steps} numbers or nulls"
    try:
        array = np.asarray(case)
    except (ValueError, OverflowError) as error:
        raise _refusal(pointer, f"The channels of a case are equally long lists: {wanted}.") from error
    if array.dtype.kind == "O":
        if not all(value is None or type(value) in {int, float} for value in array.flat):
            raise _refusal(pointer, f"A case is a list of {wanted}.")
        array = _as_float(array, pointer)
    lengths = {signature.length} if signature.length is not None else range(1, 1 << 62)
    if array.dtype.kind not in NUMBERS or array.ndim != RANK - 1:
        raise _refusal(pointer, f"A case is a list of {wanted}.")
    if forecasts and signature.length is not None:
        array = array[:, -signature.length :]
    if array.shape[0] != width or array.shape[1] not in lengths:
        raise _refusal(pointer, f"The case has the shape [{array.shape[0]}, {array.shape[1]}]; it must be {wanted}.")
    return _finite(array, pointer)


def _as_float(array: Tensor, pointer: str) -> Tensor:
    try:
        return array.astype(np.float64)
    except (ValueError, OverflowError, TypeError) as error:
        raise _refusal(pointer, "A value is too large for a 32-bit float.") from error


def _finite(array: Tensor, pointer: str) -> Tensor:
    """As float32; what overflows there is refused with its place, so that no infinity reaches a network."""
    single = array
    if array.dtype != np.float32:
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
    if surely_finite(single):
        return single
    infinite = np.isinf(single)
    if infinite.any():
        place = "/".join(str(index) for index in np.argwhere(infinite)[0])
        raise _refusal(f"{pointer}/{place}", "A value is infinite as a 32-bit float; use finite numbers, or NaN.")
    return single


def _refusal(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, Detail(pointer, message))
