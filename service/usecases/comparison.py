"""Two datasets side by side: a model that has seen the cases it is judged by is praised for its memory."""

from collections.abc import Iterator

import numpy as np

from model.data.likeness import Equal, case_keys, shared
from model.data.series import Series
from service.domain.datasets import Dataset
from service.domain.reports import Comparison, Finding, FindingKind, Place, Side

SHOWN = 5
MOST_GROUPS = 100


def compare(dataset: Dataset, series: Series, other: Dataset, theirs: Series) -> Comparison:
    """Look for what both hold, and for what only one of them has."""
    same = Equal(np.empty(0, np.int64), np.empty(0, np.int64))
    if len(series.channels) == len(theirs.channels):
        same = shared(case_keys(series), case_keys(theirs))
    groups = sorted(set(series.group_names or ()) & set(theirs.group_names or ()))
    names = dataset.name, other.name
    findings = [
        *_leaks(same, names),
        *_groups(groups, names),
        *_channels(series, theirs),
        *_labels(series, theirs, names),
    ]
    return Comparison(
        dataset=_side(dataset),
        other=_side(other),
        equal=dataset.digest == other.digest,
        shared_cases=len(same.cases),
        shared_groups=tuple(groups[:MOST_GROUPS]),
        findings=tuple(findings),
    )


def _side(dataset: Dataset) -> Side:
    return Side(dataset.id, dataset.name, dataset.digest, dataset.facts.cases)


def _leaks(same: Equal, names: tuple[str, str]) -> Iterator[Finding]:
    if same.cases.size:
        first, match = int(same.cases[0]), int(same.firsts[0])
        sentence = (
            f"Cases of {names[0]} that stand in {names[1]} as well: {len(same.cases)}, "
            f"the first is case {first}, which is case {match} there."
        )
        yield Finding(FindingKind.LEAK, len(same.cases), sentence, Place(case=first))


def _groups(groups: list[str], names: tuple[str, str]) -> Iterator[Finding]:
    if groups:
        sentence = f"Groups with cases in both {names[0]} and {names[1]}: {len(groups)} ({_some(groups)})."
        yield Finding(FindingKind.LEAK, len(groups), sentence, Place())


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
