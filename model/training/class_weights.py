"""Weights of classes: how much a case of each counts in the loss, so that rare classes are not passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.arrays import Array
from model.data.series import SeriesFacts, Task
from model.errors import InvalidSpec, told
from model.training.fields import PLAIN, unknown

BALANCED = "balanced"
LARGEST = 1e6
POINTER = "/training/class_weights"

_, _is_number_list = PLAIN["tuple[float, ...] | None"]


@dataclass(frozen=True)
class ClassWeights:
    """As many numbers as classes, in sorted order, or by label (1 for the others); neither: balanced.

    Balanced, every class counts the same in all: a case weighs cases / (classes * cases of its class).
    """

    in_order: tuple[float, ...] | None = None
    by_label: tuple[tuple[str, float], ...] | None = None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> ClassWeights | None:
        """One of "balanced", [1, 5] and {"rare": 5}."""
        if value is None:
            return None
        if value == BALANCED:
            return cls()
        given = list(value.values()) if isinstance(value, Mapping) else value
        numbers: list[float] = given if isinstance(given, list) and _is_number_list(given) else []
        if not numbers or not all(0 < number <= LARGEST for number in numbers):
            raise InvalidSpec(
                f"class_weights is {told(value)}; {BALANCED!r} is accepted, or a number above 0 and up to {LARGEST:g} "
                "for each class, as a list in sorted order or as an object by label.",
                pointer=pointer,
            )
        if isinstance(value, Mapping):
            return cls(by_label=tuple(sorted((name, float(number)) for name, number in value.items())))
        return cls(in_order=tuple(float(number) for number in numbers))

    def to_json(self) -> Any:  # noqa: ANN401 - any of the three
        """What `from_json` reads back."""
        if self.by_label is not None:
            return dict(self.by_label)
        return BALANCED if self.in_order is None else list(self.in_order)

    def of(self, labels: Array, classes: int) -> Array:
        """(K,) float32: the weight of each class, by the labels (n,) that are trained on; 1 where it has no case."""
        if self.in_order is not None:
            return np.array(self.in_order, np.float32)
        counts = np.bincount(labels, minlength=classes)
        share = len(labels) / np.maximum(counts * np.count_nonzero(counts), 1)
        return np.where(counts > 0, share, 1.0).astype(np.float32)


def resolve(chosen: ClassWeights | None, task: Task, facts: SeriesFacts) -> ClassWeights | None:
    """With a number for every class, unless they are to be balanced; InvalidSpec for what these classes are not."""
    if chosen is None:
        return None
    if task != "classification":
        raise InvalidSpec(f"class_weights are for classification, not for {task}.", pointer=POINTER)
    classes = sorted(facts.labels or {})
    if chosen.by_label is not None:
        for name, _ in chosen.by_label:
            if name not in classes:
                raise InvalidSpec(unknown("class", name, classes[:20]), pointer=POINTER)
        given = dict(chosen.by_label)
        return ClassWeights(tuple(given.get(name, 1.0) for name in classes))
    if chosen.in_order is not None and len(chosen.in_order) != len(classes):
        raise InvalidSpec(
            f"There are {len(chosen.in_order)} class_weights for {len(classes)} classes; each class needs one, "
            "in sorted order.",
            pointer=POINTER,
        )
    return chosen
