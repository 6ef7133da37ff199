"""A table, batch by batch, in either form: one row a step, or one row a case."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.ingest.arrow_columns import Column
from service.ingest.arrow_rows import RowBuffer
from service.ingest.columns import Roles, listed, understood
from service.ingest.faults import fault, quote
from service.ingest.long_form import long_to_series
from service.ingest.parsed import Parsed
from service.ingest.source import Source
from service.ingest.split_leaks import told
from service.ingest.wide_form import CaseBuffer

BATCH_VALUES = 1 << 22
"""Values of a batch, so that a table of many columns comes a few rows at a time."""
MOST_ROWS = 1 << 16


def batch_rows(columns: int) -> int:
    """How many rows of a table to take at once."""
    return max(1, min(MOST_ROWS, BATCH_VALUES // max(1, columns)))


def read_batches(batches: Iterable[Column], roles: Roles, names: Sequence[str], source: Source) -> Parsed:
    """Read record batches that have every column with a role."""
    if roles.steps is None:
        rows = RowBuffer(roles, source)
        _extend(rows, batches, roles)
        parsed = long_to_series(rows.finish(), source)
    else:
        cases = CaseBuffer(roles, source)
        if not _extend(cases, batches, roles):
            raise fault("row 1", "The table has no rows.")
        parsed = cases.finish()
    reading = understood(roles, source.reading, names)
    sides = () if parsed.splits is None else (told(parsed.splits),)
    return replace(parsed, notes=(*_explained(roles, names), *sides, *parsed.notes), reading=reading)


def _extend(buffer: RowBuffer | CaseBuffer, batches: Iterable[Column], roles: Roles) -> int:
    count, most = 0, batch_rows(len(roles.all))
    for batch in batches:
        for start in range(0, batch.num_rows, most):
            part = batch.slice(start, most)
            buffer.extend({name: part.column(name) for name in roles.all}, part.num_rows)
            count += part.num_rows
    return count


def _explained(roles: Roles, names: Sequence[str]) -> Iterable[str]:
    """What was made of the columns without being asked."""
    if roles.guessed:
        guesses = (f"{role}={quote(roles.named[role])}" for role in roles.guessed)
        yield f"Columns were understood by their names: {', '.join(guesses)}."
    unused = [name for name in names if name not in roles.all]
    if unused:
        yield f"Columns without a use were left out: {listed(unused)}."
