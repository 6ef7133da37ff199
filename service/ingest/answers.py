"""Labels and targets, whichever way a file holds them: one text or one row of numbers a case."""

import math
from collections.abc import Callable, Sequence
from enum import Enum, auto

import numpy as np

from model.arrays import Array
from service.ingest.assembly import check_label, check_target
from service.ingest.faults import Faults, quote
from service.ingest.number_text import Doubles


class Answers(Enum):
    """What comes with the cases."""

    LABELS = auto()
    TARGETS = auto()


def guess_answers(array: Array) -> Answers:
    """Texts and whole numbers are labels, fractions are targets."""
    if array.ndim == 2 and array.shape[1] > 1:  # noqa: PLR2004 - cases, targets
        return Answers.TARGETS
    if array.dtype.kind == "f":
        finite = array[np.isfinite(array)]
        return Answers.LABELS if (finite == np.trunc(finite)).all() else Answers.TARGETS
    return Answers.LABELS


def label_text(value: object) -> str | None:
    """A label as text, the same whichever type a file gave it: 1, 1.0 and "1" are one class; None if it is none."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and not math.isnan(value):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return None


def as_labels(
    values: Array | Sequence[object], faults: Faults, place: Callable[[int], str], what: str = "label"
) -> list[str]:
    """One text a case; `place` names where that of a case stands, `what` is what a text is called."""
    entries: Sequence[object] = values.reshape(-1).tolist() if isinstance(values, np.ndarray) else values
    texts: dict[object, str | None] = {}
    labels: list[str] = []
    for index, entry in enumerate(entries):
        key = (type(entry), entry) if isinstance(entry, str | bytes | int | float) else None
        if key is None:
            faults.add(place(index), f"It is neither a text nor a number, as a {what} must be.")
            continue
        if key not in texts:
            texts[key] = label_text(entry)
        text = texts[key] or ""
        sentence = f"The {what} is not a number." if entry != entry else check_label(text, what)  # noqa: PLR0124 - NaN
        if sentence is not None:
            faults.add(place(index), sentence)
        labels.append(text)
    return labels


def as_targets(values: Array, faults: Faults, place: Callable[[int], str]) -> Doubles:
    """(N, D) float64; `place` names where that of a case stands."""
    if values.dtype.kind not in "biuf":
        faults.add(place(0), f"{quote(str(values.flat[0]))} stands where a number belongs, as targets are.")
        return np.empty((0, 1))
    targets: Doubles = values.reshape(len(values), -1).astype(np.float64)
    for case, column in np.argwhere(~(np.abs(targets) <= np.finfo(np.float32).max)).tolist()[:10]:
        faults.add(place(case), check_target(targets[case, column]) or "")
    return targets
