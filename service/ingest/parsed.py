"""What a reader got out of a file."""

from dataclasses import dataclass, field

import numpy as np

from model.arrays import Array
from model.data.series import Series
from service.domain.reports import Finding, Place, Understanding
from service.ingest.number_text import Doubles
from service.ingest.precision import Flattened


@dataclass(frozen=True, eq=False)
class Splits:
    """What a column says of the side of each case: codes (N,) int64 into names, -1 where it says nothing."""

    column: str
    names: tuple[str, ...]
    codes: Array


@dataclass(frozen=True, eq=False)
class Parsed:
    """The series, what was noticed on the way, and where in the file they stood.

    rows: (T,) with the row of each step, or (N,) with that of each case; None where cases have no rows
    columns: for each channel the column of each of its steps, or the one column of all of them
    targets: (N, D) as wide as the file has them
    """

    series: Series
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    reading: Understanding = field(default_factory=lambda: Understanding("cases", (), {}))
    rows: Array | range | None = None
    columns: tuple[tuple[str, ...], ...] | None = None
    splits: Splits | None = None
    flattened: Flattened | None = None
    targets: Doubles | None = None

    def row(self, case: int, step: int = 0) -> int | None:
        """Where a step of a case stands in the file."""
        if self.rows is None:
            return None
        return int(
            self.rows[case] if len(self.rows) == self.series.cases else self.rows[self.series.offsets[case] + step]
        )

    @property
    def case_rows(self) -> Array | None:
        """(N,) int64: where each case begins in the file."""
        if self.rows is None:
            return None
        cases = self.series.cases
        places = np.arange(cases) if len(self.rows) == cases else self.series.offsets[:-1]
        return self.rows.start + places if isinstance(self.rows, range) else self.rows[places]

    def column(self, channel: int, step: int) -> str | None:
        """The column that a step of a channel was read from."""
        if self.columns is None:
            return None
        names = self.columns[channel]
        return names[0] if len(names) == 1 else names[step]

    def place(self, channel: int, step: int, *, by_row: bool) -> Place:
        """Where a value stands that was the step-th to be read; by_row: as a row, and rows may be ordered otherwise."""
        name = self.series.channels[channel]
        if by_row and isinstance(self.rows, np.ndarray):
            found = np.flatnonzero(self.rows == step + 1)
            if not found.size:  # a row that repeats another and was left out
                return Place(row=step + 1, column=self.column(channel, 0), channel=name)
            step = int(found[0])
        case = int(np.searchsorted(self.series.offsets, step, side="right")) - 1
        within = step - int(self.series.offsets[case])
        return Place(self.row(case, within), self.column(channel, within), case, name, within)
