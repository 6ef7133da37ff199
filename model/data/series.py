"""Series: cases of any lengths over the same channels, as one flat array.

All steps of all cases stand one after another, so that whatever is done to every step (scaling, statistics,
filling of gaps) is one NumPy call, however many cases there are and however their lengths differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from model.arrays import Array
from model.data import checks
from model.data.blocks import blocks
from model.data.one_behind_another import OneBehindAnother
from model.data.strength import Strength, strength
from model.errors import InvalidSeries

Task: TypeAlias = Literal["classification", "regression", "forecasting"]
TASKS: tuple[Task, ...] = ("classification", "regression", "forecasting")


@dataclass(frozen=True)
class SeriesFacts:
    """What a set of series holds; `labels` and `groups` count cases by name, `target` has min, max and mean.

    strength: how much it differs from case to case, as `decades` and how much of that the labels explain (`by_label`);
    None where few cases change, and for series that were described before this was looked at
    """

    task: Task
    cases: int
    channels: tuple[str, ...]
    length_min: int
    length_max: int
    labels: Mapping[str, int] | None
    target: Mapping[str, float] | None
    target_width: int | None
    missing: int
    groups: Mapping[str, int] | None = None
    strength: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Series(OneBehindAnother):
    """Checked cases, with labels, with targets, or with neither (to be forecast); N >= 1, C >= 1, every length >= 1.

    values: (T, C) float32, finite or NaN for missing; case i is values[offsets[i]:offsets[i + 1]]
    offsets: (N + 1,) int64
    labels: (N,) int64, indices into classes (which are sorted)
    targets: (N, D) float32, finite
    groups: (N,) int64, indices into group_names (which are sorted): cases that belong together, as of one subject
    """

    values: Array
    offsets: Array
    channels: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    labels: Array | None = None
    targets: Array | None = None
    group_names: tuple[str, ...] | None = None
    groups: Array | None = None

    def __post_init__(self) -> None:
        """Refuse whatever is not as described above."""
        checks.layout(self.values, self.offsets, self.channels)
        checks.finite(self.values, self.offsets, self.channels)
        checks.coded("labels", "classes", self.labels, self.classes, self.cases)
        checks.coded("groups", "group_names", self.groups, self.group_names, self.cases)
        checks.targets(self.targets, self.cases)
        if self.labels is not None and self.targets is not None:
            raise InvalidSeries("Series have labels or targets, not both.")

    @classmethod
    def from_cases(
        cls,
        cases: Sequence[Array],
        channels: Sequence[str] | None = None,
        *,
        labels: Sequence[str] | None = None,
        targets: Array | None = None,
        groups: Sequence[str] | None = None,
    ) -> Series:
        """Join cases (L_i, C) into series; targets: (N,) or (N, D); channels are named c0, c1, ... if nameless."""
        if not cases:
            raise InvalidSeries("There are no cases: at least one is needed.")
        arrays = [_array(case, index) for index, case in enumerate(cases)]
        checks.case_shapes([array.shape for array in arrays])
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused by name
            values = np.concatenate(arrays).astype(np.float32, copy=False)
        classes, indices = (None, None) if labels is None else encode(labels)
        names, members = (None, None) if groups is None else encode(groups)
        return cls(
            values=values,
            offsets=offsets_of(np.array([len(array) for array in arrays], np.int64)),
            channels=default_channels(values.shape[1]) if channels is None else tuple(channels),
            classes=classes,
            labels=indices,
            targets=None if targets is None else _columns(targets),
            group_names=names,
            groups=members,
        )

    @property
    def equal_length(self) -> bool:
        """Whether every case has the same number of steps."""
        lengths = self.lengths
        return bool((lengths == lengths[0]).all())

    @property
    def task(self) -> Task:
        """What the series can be used for by what comes with them."""
        if self.labels is not None:
            return "classification"
        return "forecasting" if self.targets is None else "regression"

    def case(self, index: int) -> Array:
        """A view (L_i, C) of one case."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def select(self, indices: Array) -> Series:
        """A copy of some cases, in the order asked for; classes and names of groups stay as they are."""
        rows, offsets = rows_of(self.offsets[indices], self.lengths[indices])
        return Series(
            values=self.values[rows],
            offsets=offsets,
            channels=self.channels,
            classes=self.classes,
            labels=None if self.labels is None else self.labels[indices],
            targets=None if self.targets is None else self.targets[indices],
            group_names=self.group_names,
            groups=None if self.groups is None else self.groups[indices],
        )

    def labels_among(self, classes: tuple[str, ...]) -> Array:
        """(N,) int64: the labels as indices into other classes; InvalidSeries for a label that is none of them."""
        if self.labels is None or self.classes is None:
            raise InvalidSeries("The series have no labels to compare the model's answers with.")
        places = {name: place for place, name in enumerate(classes)}
        known = np.array([places.get(name, -1) for name in self.classes], np.int64)
        labels: Array = known[self.labels]
        if (labels < 0).any():
            case = int(np.argmin(labels))
            raise InvalidSeries(
                f"Case {case} is labelled {self.classes[self.labels[case]]!r}, which the model does not know; "
                f"it knows {', '.join(classes[:20])}{', ...' if len(classes) > 20 else ''}."  # noqa: PLR2004
            )
        return labels

    def describe(self) -> SeriesFacts:
        """Count what is there."""
        lengths, found = self.lengths, self.strength
        return SeriesFacts(
            task=self.task,
            cases=self.cases,
            channels=self.channels,
            length_min=int(lengths.min()),
            length_max=int(lengths.max()),
            labels=_counts(self.labels, self.classes),
            target=self._target_facts(),
            target_width=self.target_width,
            missing=sum(int(np.count_nonzero(np.isnan(block))) for block in blocks(self.values)),
            groups=_counts(self.groups, self.group_names),
            strength=None if found is None else {"decades": found.decades, "by_label": found.by_label},
        )

    @property
    def target_width(self) -> int | None:
        """The targets of a case."""
        return None if self.targets is None else int(self.targets.shape[1])

    @cached_property
    def strength(self) -> Strength | None:
        """How much the strength of a channel differs from case to case."""
        return strength(self.values, self.offsets, self.labels)

    def digest(self) -> str:
        """SHA-256 over the content: equal for equal series, whatever file they came in."""
        digest = hashlib.sha256()
        digest.update(json.dumps([self.channels, self.classes]).encode())
        parts: dict[str, Array | None] = {"offsets": self.offsets, "labels": self.labels, "targets": self.targets}
        if self.groups is not None:
            digest.update(json.dumps(self.group_names).encode())
            parts["groups"] = self.groups
        for name, array in parts.items():
            digest.update(f"{name}{None if array is None else array.shape}".encode())
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        for block in blocks(self.values):
            digest.update(np.where(np.isnan(block), np.float32(np.nan), block + np.float32(0)).data)
        return digest.hexdigest()

    def _target_facts(self) -> dict[str, float] | None:
        if self.targets is None:
            return None
        return {
            "min": float(self.targets.min()),
            "max": float(self.targets.max()),
            "mean": float(self.targets.mean(dtype=np.float64)),
        }


def encode(texts: Sequence[str]) -> tuple[tuple[str, ...], Array]:
    """The sorted names that occur, and for each text (N,) int64 the place of its name."""
    names = tuple(sorted(set(texts)))
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places[text] for text in texts], np.int64)


def _counts(codes: Array | None, names: tuple[str, ...] | None) -> dict[str, int] | None:
    if codes is None or names is None:
        return None
    return dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True))


def _array(case: Array, index: int) -> Array:
    try:
        return np.asarray(case)
    except ValueError as error:  # nested lists of unequal lengths
        raise InvalidSeries(f"Case {index} is ragged: each of its steps needs a value of every channel.") from error


def offsets_of(lengths: Array) -> Array:
    """(N + 1,) int64: where each case of these lengths begins, and the end of the last."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def rows_of(starts: Array, lengths: Array) -> tuple[Array, Array]:
    """The rows of stretches of the flat values, (n,) int64 each, and the offsets of these among themselves."""
    offsets = offsets_of(lengths)
    rows = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1], dtype=np.int64)
    return rows, offsets


def default_channels(count: int) -> tuple[str, ...]:
    """Names for channels that came without: c0, c1, ..."""
    return tuple(f"c{index}" for index in range(count))


def _columns(targets: Array) -> Array:
    with np.errstate(over="ignore"):
        array = np.asarray(targets).astype(np.float32)
    return array[:, None] if array.ndim == 1 else array
