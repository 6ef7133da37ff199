"""Two datasets side by side: a model that has seen the cases it is judged by is praised for its memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.likeness import Equal, case_keys, shared
from model.data.series import Series
from service.domain.datasets import Dataset
from service.domain.reports import Comparison, Finding, FindingKind, Place, Side

SHOWN = 5
MOST_GROUPS = 100


@dataclass(frozen=True, eq=False)
class Opened:
    """A dataset with its series; rows: (N,) where in its file each case stood, None where that is not known."""

    dataset: Dataset
    series: Series
    rows: Array | None = None

    def place(self, case: int) -> Place:
        """Where a case stands, and stood."""
        return Place(row=None if self.rows is None else int(self.rows[case]), case=case)


def compare(ours: Opened, theirs: Opened) -> Comparison:
    """Look for what both hold, and for what only one of them has."""
    series, others = ours.series, theirs.series
    same = Equal(np.empty(0, np.int64), np.empty(0, np.int64))
    if len(series.channels) == len(others.channels):
        same = shared(case_keys(series), case_keys(others))
    groups = sorted(set(series.group_names or ()) & set(others.group_names or ()))
    findings = [
        *_leaks(same, ours, theirs),
        *_groups(groups, ours, theirs),
        *_channels(series, others),
        *_labels(series, others, (ours.dataset.name, theirs.dataset.name)),
    ]
    return Comparison(
        dataset=_side(ours.dataset),
        other=_side(theirs.dataset),
        equal=ours.dataset.digest == theirs.dataset.digest,
        shared_cases=len(same.cases),
        shared_groups=tuple(groups[:MOST_GROUPS]),
        findings=tuple(findings),
    )


def _side(dataset: Dataset) -> Side:
    return Side(dataset.id, dataset.name, dataset.digest, dataset.facts.cases)


def _leaks(same: Equal, ours: Opened, theirs: Opened) -> Iterator[Finding]:
    if same.cases.size:
        first, other = ours.place(int(same.cases[0])), theirs.place(int(same.firsts[0]))
        sentence = (
            f"Cases of {ours.dataset.name} that stand in {theirs.dataset.name} as well: {len(same.cases)}, "
            f"the first is {_said(first)}, which is {_said(other)} there."
        )
        yield Finding(FindingKind.LEAK, len(same.cases), sentence, first, other)


def _groups(groups: list[str], ours: Opened, theirs: Opened) -> Iterator[Finding]:
    if groups:
        first, other = _first_of(groups[0], ours), _first_of(groups[0], theirs)
        names = f"{ours.dataset.name} and {theirs.dataset.name}"
        sentence = (
            f"Groups with cases in both {names}: {len(groups)} ({_some(groups)}), "
            f"the first with {_said(first)}, and {_said(other)} there."
        )
        yield Finding(FindingKind.LEAK, len(groups), sentence, first, other)


def _first_of(group: str, side: Opened) -> Place:
    """The first case of a group."""
    names, members = side.series.group_names, side.series.groups
    return Place() if names is None or members is None else side.place(int(np.argmax(members == names.index(group))))


def _said(place: Place) -> str:
    return f"case {place.case}" + ("" if place.row is None else f" (row {place.row})")


def _channels(series: Series, theirs: Series) -> Iterator[Finding]:
    ours, other = series.channels, theirs.channels
    if len(ours) != len(other):
        sentence = f"They have {len(ours)} and {len(other)} channels, so no network takes both."
        yield Finding(FindingKind.CHANNELS, abs(len(ours) - len(other)), sentence, Place())
        return
    differing = [name for name, twin in zip(ours, other, strict=True) if name != twin]
    if differing:
        moved = "in another order" if set(ours) == set(other) else "under other names"
        sentence = f"Their channels stand {moved}: {_some(differing)}; channels are matched by their places."
        yield Finding(FindingKind.CHANNELS, len(differing), sentence, Place(channel=differing[0]))


def _labels(series: Series, theirs: Series, names: tuple[str, str]) -> Iterator[Finding]:
    if series.task != theirs.task:
        sentence = f"{names[0]} is for {series.task}, {names[1]} for {theirs.task}."
        yield Finding(FindingKind.LABELS, 1, sentence, Place())
    elif series.classes is not None and theirs.classes is not None:
        sides = ((names[0], series.classes, theirs.classes), (names[1], theirs.classes, series.classes))
        for name, some, others in sides:
            alone = sorted(set(some) - set(others))
            if alone:
                sentence = f"Labels that only {name} has: {len(alone)} ({_some(alone)})."
                yield Finding(FindingKind.LABELS, len(alone), sentence, Place())


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
