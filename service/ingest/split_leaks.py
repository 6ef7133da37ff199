"""A table that says which side of a split each case stands on, and cases that stand on two of them.

A model that is judged by what it was trained on is praised for its memory: so equal cases on both sides are told, one
case with rows on both, and groups, such as subjects, with cases on both.
"""

from collections.abc import Iterator

import numpy as np

from model.arrays import Array
from model.data.likeness import repeated
from service.domain.reports import Finding, FindingKind, Place
from service.ingest.faults import quote
from service.ingest.parsed import Parsed, Splits


class Crossing:
    """Cases of a table in long form some of whose rows say one side, and some another."""

    def __init__(self) -> None:
        self._cases: set[int] = set()
        self._first: tuple[int, int, int, str, str] | None = None

    def note(self, role: str, row: int, case: int, first: int, here: str, there: str) -> None:
        """Take a row that says another side than the first row of its case that says any."""
        del role
        self._cases.add(case)
        self._first = self._first or (row, case, first, here, there)

    def findings(self, column: str, names: tuple[str, ...]) -> Iterator[Finding]:
        """One, where there is any."""
        if self._first is None:
            return
        row, case, first, here, there = self._first
        which = quote(names[case]) if names else case
        sentence = (
            f"Cases with rows in several splits: {len(self._cases)}, the first is case {which}, in {quote(there)} by "
            f"row {first} and in {quote(here)} by row {row}, column {quote(column)}; it counts for the first."
        )
        places = (Place(row=each, column=column, case=case) for each in (row, first))
        yield Finding(FindingKind.LEAK, len(self._cases), sentence, *places)


def told(splits: Splits) -> str:
    """How many cases there are on each side, and that nobody keeps them apart yet."""
    counts = np.bincount(splits.codes[splits.codes >= 0], minlength=len(splits.names)).tolist()
    sides = ", ".join(f"{quote(name)} {count}" for name, count in zip(splits.names, counts, strict=True))
    return (
        f"Cases by {quote(splits.column)}: {sides}; a training takes all of them, unless they are told apart as groups."
    )


def split_leaks(parsed: Parsed, keys: Array) -> Iterator[Finding]:
    """Equal cases, by their keys (N,), and groups that stand on several sides."""
    splits = parsed.splits
    if splits is None:
        return
    chosen = np.flatnonzero(splits.codes >= 0)
    again = repeated(keys[chosen])
    cases, firsts = chosen[again.cases], chosen[again.firsts]
    across = splits.codes[cases] != splits.codes[firsts]
    if across.any():
        yield _finding(parsed, splits, cases[across], firsts[across], "Cases")
    series = parsed.series
    if series.groups is None or series.group_names is None:
        return
    groups = series.groups[chosen]
    _, first, places = np.unique(groups, return_index=True, return_inverse=True)
    leaders = chosen[first[places]]
    crossing = np.flatnonzero(splits.codes[chosen] != splits.codes[leaders])
    _, once = np.unique(groups[crossing], return_index=True)  # a group is told once, by its first case that crosses
    crossing = crossing[np.sort(once)]
    if crossing.size and splits.column != _group_column(parsed):
        name = f" {quote(series.group_names[groups[crossing[0]]])}"
        yield _finding(parsed, splits, chosen[crossing], leaders[crossing], "Groups", name)


def _finding(parsed: Parsed, splits: Splits, cases: Array, others: Array, what: str, name: str = "") -> Finding:
    case, other = int(cases[0]), int(others[0])
    here, there = (quote(splits.names[splits.codes[each]]) for each in (case, other))
    row, earlier = parsed.row(case), parsed.row(other)
    rows = "" if row is None else f" (rows {row} and {earlier}, column {quote(splits.column)})"
    linked = "equal to" if what == "Cases" else f"of the group{name}, as is"
    sentence = (
        f"{what} that stand in several splits: {len(cases)}, the first is case {case} in {here}, {linked} "
        f"case {other} in {there}{rows}."
    )
    first, second = Place(row, splits.column, case), Place(earlier, splits.column, other)
    return Finding(FindingKind.LEAK, len(cases), sentence, first, second)


def _group_column(parsed: Parsed) -> str | None:
    return next((role.column for role in parsed.reading.columns if role.role == "group"), None)
