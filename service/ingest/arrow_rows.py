"""Record batches to rows: pyarrow's columns become the NumPy arrays of `Rows`, batch by batch.

Everything that tables can hold in a number's place is decided here, for CSV, Parquet and Arrow alike.
"""

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.ingest.arrow_columns import NUMBER, Codes, Column, Columns, case_name, is_text, numbers, plain
from service.ingest.assembly import Steps, check_counts
from service.ingest.case_columns import NOTED, CaseTargets, CaseTexts, Tally, required, required_targets
from service.ingest.columns import Roles
from service.ingest.faults import Faults, quote
from service.ingest.long_form import Rows
from service.ingest.number_text import Doubles
from service.ingest.parsed import Splits
from service.ingest.source import Source
from service.ingest.split_leaks import Crossing
from service.ingest.spool import Spool

TARGET_DIFFERS = "The target differs from that in another row of the case; a case has one target."
LIMITED = {"label": "classes", "group": "groups", "split": "groups"}
"""The limit on how many texts a column may have."""
ISO_8601 = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}){0,2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$"


class RowBuffer:
    """Collects the columns that have a role: of rows what they alone have, of cases what all their rows share."""

    def __init__(self, roles: Roles, source: Source) -> None:
        self._roles = roles
        self._source = source
        self._faults = Faults()
        self._rows = 0
        self._steps = Steps(len(roles.channels), source)
        self._series = Codes(case_name)
        self._codes = Spool(source)
        self._times = Spool(source)
        self._cases = Tally()
        self._crossing = Crossing()
        differing = {"label": self._note_differing, "group": self._note_differing, "split": self._crossing.note}
        self._texts = {role: CaseTexts(partial(note, role)) for role, note in differing.items() if role in roles.named}
        self._targets = CaseTargets()

    def extend(self, columns: Columns, count: int) -> None:
        """Take in the columns of one batch of `count` rows."""
        roles, limits = self._roles, self._source.limits
        check_counts(limits, values=(self._rows + count) * len(roles.channels))
        cases = np.zeros(count, np.int64)
        if roles.series is not None:
            codes = self._series.append(columns[roles.series])
            self._note_nulls(codes < 0, roles.series, "The row does not say which case it belongs to.")
            check_counts(limits, cases=self._series.count)
            cases = np.maximum(codes, 0)
            self._codes.append(cases.astype(np.int32))
        self._cases.extend(cases, self._rows)
        for role, texts in self._texts.items():
            texts.extend(cases, columns[roles.named[role]], self._rows)
            check_counts(limits, **{LIMITED[role]: len(texts.names)})
        if roles.target is not None:
            targets = self._numbers(columns[roles.target], roles.target)
            for row in self._targets.extend(cases, targets)[:NOTED].tolist():
                self._faults.add(self._place(row, roles.target), TARGET_DIFFERS)
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
        roles, faults = self._roles, self._faults
        counts, first_rows = self._cases.finish()
        found = {role: texts.finish(len(counts)) for role, texts in self._texts.items()}
        labels, groups = (
            required(found[role], self._texts[role].names, first_rows, role, roles.named[role], faults)
            if role in found
            else None
            for role in ("label", "group")
        )
        targets = None
        if roles.target is not None:
            targets = required_targets(self._targets.finish(len(counts)), first_rows, roles.target, faults)
        faults.raise_any()
        splits = None
        if roles.split is not None:
            splits = Splits(roles.split, self._texts["split"].names, found["split"])
        codes = self._codes.finish()
        return Rows(
            roles=roles,
            values=self._steps.finish(),
            time=None if roles.time is None else self._times.finish(),
            codes=None if self._cases.in_order else codes,
            counts=counts,
            names=self._series.names,
            labels=labels,
            targets=targets,
            groups=groups,
            splits=splits,
            findings=() if splits is None else tuple(self._crossing.findings(splits.column, self._series.names)),
        )

    def _note_differing(self, role: str, row: int, case: int, first: int, here: str, there: str) -> None:
        del case
        sentence = f"The {role} is {quote(here)} here and {quote(there)} in row {first}; a case has one {role}."
        self._faults.add(f"row {row}, column {quote(self._roles.named[role])}", sentence)

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
