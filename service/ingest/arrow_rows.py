"""Record batches to rows: pyarrow's columns become the NumPy arrays of `Rows`, batch by batch.

Everything that tables can hold in a number's place is decided here, for CSV, Parquet and Arrow alike.
"""

from functools import partial

import numpy as np

from model.arrays import Array
from service.ingest.answers import label_text
from service.ingest.arrow_columns import Codes, Column, Columns, Note, case_name, check_kind, class_name, numbers
from service.ingest.assembly import Steps, check_counts
from service.ingest.case_columns import NOTED, CaseTargets, CaseTexts, Tally, required, required_targets
from service.ingest.faults import Cell, Faults, quote
from service.ingest.long_form import Rows
from service.ingest.number_text import Doubles
from service.ingest.parsed import Splits
from service.ingest.roles import Roles
from service.ingest.source import Source
from service.ingest.split_leaks import Crossing
from service.ingest.spool import Spool
from service.ingest.times import Times

TARGET_DIFFERS = "The target differs from that in another row of the case; a case has one target."
LIMITED = {"label": "classes", "group": "groups", "split": "groups"}
"""The limit on how many texts a column may have."""


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
        self._clock = Times()
        self._cases = Tally()
        self._crossing = Crossing()
        differing = {"label": self._note_differing, "group": self._note_differing, "split": self._crossing.note}
        self._texts = {
            role: CaseTexts(partial(note, role), class_name if role == "label" else label_text)
            for role, note in differing.items()
            if role in roles.named
        }
        self._targets = CaseTargets()

    def extend(self, columns: Columns, count: int) -> None:
        """Take in the columns of one batch of `count` rows."""
        roles, limits = self._roles, self._source.limits
        check_counts(limits, values=(self._rows + count) * len(roles.channels))
        cases = np.zeros(count, np.int64)
        for role in ("series", *self._texts):
            if role in roles.named:
                check_kind(columns[roles.named[role]], roles.named[role], case=role == "series")
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
            self._times.append(self._clock.read(columns[roles.time], self._note(roles.time)))
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
            flattened=self._steps.precision.found(),
            findings=() if splits is None else tuple(self._crossing.findings(splits.column, self._series.names)),
        )

    def _note_differing(self, role: str, row: int, case: int, first: int, here: str, there: str) -> None:
        del case
        sentence = f"The {role} is {quote(here)} here and {quote(there)} in row {first}; a case has one {role}."
        if self._roles.series is None:
            sentence += " Ask for what tells the cases apart: series=NAME, or series=NAME,NAME of several columns."
        self._faults.add(Cell(self._roles.named[role], f"row {row}"), sentence)

    def _place(self, row: int, column: str) -> Cell:
        return Cell(column, f"row {self._rows + row + 1}")

    def _note_nulls(self, nulls: Array, column: str, sentence: str) -> None:
        for row in np.flatnonzero(nulls)[:10].tolist():
            self._faults.add(self._place(row, column), sentence)

    def _note(self, name: str) -> Note:
        """Takes what is wrong with a column of this batch."""

        def note(row: int | None, sentence: str) -> None:
            self._faults.add(Cell(name) if row is None else self._place(row, name), sentence)

        return note

    def _numbers(self, column: Column, name: str) -> Doubles:
        return numbers(column, self._note(name))
