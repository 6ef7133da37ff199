"""A table, batch by batch, in either form: one row a step, or one row a case."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from service.errors import ServiceError, TooLarge, Unreadable
from service.ingest.arrow_columns import Column
from service.ingest.arrow_rows import RowBuffer
from service.ingest.columns import assign
from service.ingest.contents import Look
from service.ingest.faults import fault, quote
from service.ingest.joined_columns import MOMENT, NAMES, column_of
from service.ingest.long_form import long_to_series
from service.ingest.parsed import Parsed
from service.ingest.precedents import followed, read_columns
from service.ingest.roles import Roles, check_names
from service.ingest.source import Source
from service.ingest.split_leaks import told
from service.ingest.understanding import explained, left_out, understood
from service.ingest.wide_form import CaseBuffer

BATCH_VALUES = 1 << 22
"""Values of a batch, so that a table of many columns comes a few rows at a time."""
MOST_ROWS = 1 << 16


@dataclass(frozen=True)
class Table:
    """A table that was opened: its columns' names, its first rows, and its batches with the columns that have a role.

    The batches can be asked for again.
    """

    names: Sequence[str]
    look: Look
    batches: Callable[[Roles], Iterable[Column]]


def batch_rows(columns: int) -> int:
    """How many rows of a table to take at once."""
    return max(1, min(MOST_ROWS, BATCH_VALUES // max(1, columns)))


def read_table(table: Table, source: Source) -> Parsed:
    """Read all rows; a guess from what columns hold that later rows belie is taken back, and refuses no file."""
    check_names(table.names)
    if source.precedent is not None:
        reading = followed(table.names, source.reading, source.precedent)
        table = replace(table, names=read_columns(table.names, source.reading, source.precedent))
        source = replace(source, reading=reading)
    distrusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    while True:
        roles = assign(table.names, source.reading, table.look, distrusted)
        try:
            parsed = _read(table, roles, source)
            return replace(parsed, notes=(*notes, *parsed.notes))
        except (Unreadable, TooLarge) as error:
            belied = _belied(roles, error)
            if not belied:
                raise
            distrusted += belied
            guesses = ", ".join(f"{role}={quote(roles.named[role])}" for role in belied)
            notes += (f"The first rows look like {guesses}, which does not fit the whole file: {error.message}",)


def _belied(roles: Roles, error: ServiceError) -> tuple[str, ...]:
    """The guesses that a refusal blames by their columns; all of them where it blames no column."""
    blamed = {detail.column for detail in error.details} - {None}
    return tuple(role for role in roles.inferred if not blamed or roles.parts(role) & blamed)


def _read(table: Table, roles: Roles, source: Source) -> Parsed:
    batches = table.batches(roles)
    if roles.steps is None:
        rows = RowBuffer(roles, source)
        _extend(rows, batches, roles)
        parsed = long_to_series(rows.finish(), source)
    else:
        cases = CaseBuffer(roles, source)
        if not _extend(cases, batches, roles):
            raise fault("row 1", "The table has no rows.")
        parsed = cases.finish()
    sides = () if parsed.splits is None else (told(parsed.splits),)
    return replace(
        parsed,
        notes=(*explained(roles, table.look), *sides, *parsed.notes),
        findings=(*parsed.findings, *left_out(roles, source.reading, table.names, table.look)),
        reading=understood(roles, source.reading),
    )


def _extend(buffer: RowBuffer | CaseBuffer, batches: Iterable[Column], roles: Roles) -> int:
    count, most, names = 0, batch_rows(len(roles.all)), [*roles.single, *chain(*roles.columns)]
    joined = {name: MOMENT if name == roles.time else NAMES for name in roles.joined}
    for batch in batches:
        for start in range(0, batch.num_rows, most):
            part = batch.slice(start, most)
            columns = {name: part.column(name) for name in names}
            columns |= {name: column_of(part, name, between) for name, between in joined.items()}
            buffer.extend(columns, part.num_rows)
            count += part.num_rows
    return count
