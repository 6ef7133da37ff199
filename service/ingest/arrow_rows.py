"""Record batches to rows: pyarrow's columns become the NumPy arrays of `Rows`, batch by batch.

Everything that tables can hold in a number's place is decided here, for CSV, Parquet and Arrow alike.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.ingest.answers import label_text
from service.ingest.arrow_columns import NUMBER, Codes, Column, Columns, case_name, is_text, joined, numbers, plain
from service.ingest.assembly import Steps, check_counts
from service.ingest.columns import Roles
from service.ingest.faults import Faults, quote
from service.ingest.long_form import Rows
from service.ingest.number_text import Doubles
from service.ingest.source import Source

ISO_8601 = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}){0,2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$"


class RowBuffer:
    """Collects the columns of a table that have a role."""

    def __init__(self, roles: Roles, source: Source) -> None:
        self._roles = roles
        self._faults = Faults()
        self._rows = 0
        self._limits = source.limits
        self._steps = Steps(len(roles.channels), source)
        self._series = Codes(case_name)
        self._labels = Codes(label_text)
        self._groups = Codes(label_text)
        self._times: list[Array] = []
        self._targets: list[Doubles] = []

    def extend(self, columns: Columns, count: int) -> None:
        """Take in the columns of one batch of `count` rows."""
        roles = self._roles
        check_counts(self._limits, rows=self._rows + count, values=(self._rows + count) * len(roles.channels))
        if roles.series is not None:
            codes = self._series.append(columns[roles.series])
            self._note_nulls(codes < 0, roles.series, "The row does not say which case it belongs to.")
            check_counts(self._limits, cases=self._series.count)
        if roles.label is not None:
            self._labels.append(columns[roles.label])
            check_counts(self._limits, classes=self._labels.count)
        if roles.group is not None:
            self._groups.append(columns[roles.group])
            check_counts(self._limits, groups=self._groups.count)
        if roles.target is not None:
            self._targets.append(self._numbers(columns[roles.target], roles.target))
        if roles.time is not None:
            self._times.append(self._time(columns[roles.time], roles.time))
        block = np.empty((count, len(roles.channels)), np.float64)
        for place, name in enumerate(roles.channels):
            block[:, place] = self._numbers(columns[name], name)
        self._steps.append(block, self._faults, lambda step, channel: self._place(step, roles.channels[channel]))
        self._rows += count
        if self._faults.full:
            self._faults.raise_any()

    def finish(self) -> Rows:
        """The rows; Unreadable if there was any fault."""
        self._faults.raise_any()
        roles = self._roles
        return Rows(
            roles=roles,
            values=self._steps.finish(),
            series=None if roles.series is None else self._series.finish(),
            series_names=self._series.names,
            time=None if roles.time is None else joined(self._times),
            labels=None if roles.label is None else self._labels.finish(),
            label_names=self._labels.names,
            groups=None if roles.group is None else self._groups.finish(),
            group_names=self._groups.names,
            targets=None if roles.target is None else joined(self._targets),
        )

    def _place(self, row: int, column: str) -> str:
        return f"row {self._rows + row + 1}, column {quote(column)}"

    def _note_nulls(self, nulls: Array, column: str, sentence: str) -> None:
        for row in np.flatnonzero(nulls)[:10].tolist():
            self._faults.add(self._place(row, column), sentence)

    def _numbers(self, column: Column, name: str) -> Doubles:
        def note(row: int | None, sentence: str) -> None:
            self._faults.add(f"column {quote(name)}" if row is None else self._place(row, name), sentence)

        return numbers(column, note)

    def _time(self, column: Column, name: str) -> Array:
        """(R,) int64 or float64 that grows with time; a row without a time is noted."""
        column = plain(column)
        if is_text(column.type):
            column = self._parsed_times(column.cast(pa.string()), name)
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
            floats: Doubles = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
            self._note_nulls(~np.isfinite(floats), name, "The row has no finite time.")
            return floats
        if not (pa.types.is_integer(column.type) or pa.types.is_temporal(column.type)):
            self._faults.add(f"column {quote(name)}", f"It holds {quote(str(column.type))}, and times are needed.")
            return np.zeros(len(column))
        self._note_nulls(column.is_null().to_numpy(zero_copy_only=False), name, "The row has no time.")
        if pa.types.is_date32(column.type) or pa.types.is_time32(column.type):
            column = column.cast(pa.int32())
        integers: Array = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return integers

    def _parsed_times(self, column: Column, name: str) -> Column:
        """Texts as numbers, or as time stamps by ISO 8601; what is neither, or not what the others are, is noted."""
        column = pc.utf8_trim_whitespace(column)
        numbers, stamps = (_matches(column, pattern) for pattern in (NUMBER, ISO_8601))
        for kind, matched in ((pa.float64(), numbers), (pa.timestamp("us"), stamps)):
            if matched.all():
                try:
                    return column.cast(kind)
                except pa.ArrowInvalid:
                    break
        strange = np.flatnonzero(~(numbers | stamps))
        strange = strange if strange.size else np.flatnonzero(numbers != numbers[0])
        row = int(strange[0]) if strange.size else 0
        sentence = f"{quote(column[row].as_py() or '')} is no time here: numbers, or ISO 8601 times of one zone, are."
        self._faults.add(self._place(row, name), sentence)
        return pa.array(np.zeros(len(column), np.int64))


def _matches(column: Column, pattern: str) -> Array:
    """(R,) bool: which texts match; what is null matches everything, as it is noted elsewhere."""
    matched: Array = pc.fill_null(pc.match_substring_regex(column, pattern), fill_value=True).to_numpy(
        zero_copy_only=False
    )
    return matched
