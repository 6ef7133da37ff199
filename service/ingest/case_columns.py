"""What a table in long form says of whole cases: in every row of a case, or in some, and the same in all of them.

Rows come in batches, and nothing of them is kept but what each case needs, however many rows it has.
"""

from collections.abc import Callable

import numpy as np

from model.arrays import Array
from service.ingest.answers import label_text
from service.ingest.arrow_columns import Codes, Column
from service.ingest.assembly import check_label, check_target
from service.ingest.faults import Cell, Faults
from service.ingest.number_text import Doubles

NOTED = 10
"""Differing rows of a batch that are told of."""

Differing = Callable[[int, int, int, str, str], None]
"""Takes the row that differs, its case, the first row that says so, and what the two rows say."""


class CaseTexts:
    """One text a case, the first that any of its rows has; who differs later is told of."""

    def __init__(self, differing: Differing, to_text: Callable[[object], str | None] = label_text) -> None:
        self._codes = Codes(to_text)
        self._differing = differing
        self._chosen = _Grown(np.int64, -1)
        self._rows = _Grown(np.int64, 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The texts by code."""
        return self._codes.names

    def extend(self, cases: Array, column: Column, before: int) -> None:
        """Take in a batch: cases (n,) int64 and the texts of their rows, the first being row `before` + 1."""
        codes = self._codes.append(column)
        chosen, rows = (
            self._chosen.upto(int(cases.max(initial=-1)) + 1),
            self._rows.upto(int(cases.max(initial=-1)) + 1),
        )
        new = np.flatnonzero((codes >= 0) & (chosen[cases] < 0))
        fresh, first = np.unique(cases[new], return_index=True)
        chosen[fresh], rows[fresh] = codes[new[first]], before + new[first] + 1
        names = self.names
        for place in np.flatnonzero((codes >= 0) & (codes != chosen[cases]))[:NOTED].tolist():
            case = int(cases[place])
            said = names[codes[place]], names[chosen[case]]
            self._differing(before + place + 1, case, int(rows[case]), *said)

    def finish(self, cases: int) -> Array:
        """(N,) int64: the code of each case, -1 where none of its rows has a text."""
        return self._chosen.upto(cases)[:cases]


class CaseTargets:
    """One number a case, the first that any of its rows has."""

    def __init__(self) -> None:
        self._chosen = _Grown(np.float64, np.nan)

    def extend(self, cases: Array, targets: Doubles) -> Array:
        """Take in a batch, and answer the places of rows that differ from an earlier one of their case."""
        chosen = self._chosen.upto(int(cases.max(initial=-1)) + 1)
        new = np.flatnonzero(~np.isnan(targets) & np.isnan(chosen[cases]))
        fresh, first = np.unique(cases[new], return_index=True)
        chosen[fresh] = targets[new[first]]
        return np.flatnonzero(~np.isnan(targets) & (targets != chosen[cases]))

    def finish(self, cases: int) -> Doubles:
        """(N,) float64, NaN where none of the rows has a number."""
        return self._chosen.upto(cases)[:cases]


def required(
    codes: Array, names: tuple[str, ...], first_rows: Array, what: str, column: str, faults: Faults
) -> list[str]:
    """The text of each case; a case without one, or a text that cannot be one, is noted."""
    for row in first_rows[codes < 0][:NOTED].tolist():
        faults.add(Cell(column, f"row {row}"), f"The {what} of the case is missing in all of its rows.")
    for name in names:
        sentence = check_label(name, what)
        if sentence is not None:
            faults.add(Cell(column), sentence)
    return [names[code] for code in codes.tolist()] if names else []


def required_targets(targets: Doubles, first_rows: Array, column: str, faults: Faults) -> Doubles:
    """(N, 1); a case without a finite target is noted."""
    wrong = np.flatnonzero(~(np.abs(targets) <= np.finfo(np.float32).max))
    for case in wrong[:NOTED].tolist():
        faults.add(Cell(column, f"row {first_rows[case]}"), check_target(float(targets[case])) or "")
    return targets[:, None]


class Tally:
    """How many rows each case has, which is its first, and whether the rows of each follow one another."""

    def __init__(self) -> None:
        self._counts = _Grown(np.int64, 0)
        self._first = _Grown(np.int64, 0)
        self._cases = 0
        self._last = 0
        self.in_order = True

    def extend(self, cases: Array, before: int) -> None:
        """Take in the cases (n,) of a batch, counted from the first to appear; its first row is `before` + 1."""
        if not len(cases):
            return
        self.in_order = self.in_order and int(cases[0]) >= self._last and bool((np.diff(cases) >= 0).all())
        self._last = int(cases[-1])
        most = int(cases.max()) + 1
        counts, first = self._counts.upto(most), self._first.upto(most)
        met, places, times = np.unique(cases, return_index=True, return_counts=True)
        new = met >= self._cases
        first[met[new]] = before + places[new] + 1
        counts[met] += times
        self._cases = max(self._cases, most)

    def finish(self) -> tuple[Array, Array]:
        """(N,) int64 each: the rows of each case, and its first row."""
        return self._counts.upto(self._cases)[: self._cases], self._first.upto(self._cases)[: self._cases]


class _Grown:
    """A number a case, for cases that turn up one by one."""

    def __init__(self, kind: type, fill: float) -> None:
        self._values: Array = np.full(1024, fill, kind)
        self._fill = fill

    def upto(self, cases: int) -> Array:
        """(M,) with M >= cases: a view that may be written to."""
        if cases > len(self._values):
            more = np.full(max(cases, 2 * len(self._values)) - len(self._values), self._fill, self._values.dtype)
            self._values = np.concatenate([self._values, more])
        return self._values
