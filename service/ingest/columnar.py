"""Parquet and Arrow files in long form, read a batch of rows at a time, and only the columns that have a role."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from model.data.series import Series
from service.domain.datasets import Reading
from service.ingest.arrow_messages import check_messages, start_of_stream
from service.ingest.arrow_rows import Column, RowBuffer, arrow_errors, numeric_like
from service.ingest.assembly import check_counts
from service.ingest.columns import Roles, assign, check_names, listed
from service.ingest.expansion import check_expansion
from service.ingest.faults import quote
from service.ingest.long_form import long_to_series
from service.ingest.source import Source

BATCH = 1 << 16


def read_parquet(source: Source) -> tuple[Series, tuple[str, ...]]:
    """Read a Parquet file; its footer is held against the limits before any page is read."""
    file, reading, limits = source.file, source.reading, source.limits
    with arrow_errors("Parquet file"):
        parquet = pq.ParquetFile(file)
        names = parquet.schema_arrow.names
        check_counts(limits, values=parquet.metadata.num_rows, channels=len(names))
        groups = (parquet.metadata.row_group(index) for index in range(parquet.metadata.num_row_groups))
        check_expansion(file.seek(0, 2), sum(group.total_byte_size for group in groups), limits)
        check_names(names)
        first = next(parquet.iter_batches(batch_size=1000, use_threads=False), None)
        roles = assign_typed(reading, parquet.schema_arrow if first is None else first)
        check_counts(limits, values=parquet.metadata.num_rows * len(roles.channels))
        batches = parquet.iter_batches(batch_size=BATCH, columns=list(roles.all), use_threads=False)
        return _read(batches, roles, names, source)


def read_arrow(source: Source) -> tuple[Series, tuple[str, ...]]:
    """Read an Arrow file, or a stream of Arrow's; each batch is validated, as nothing in it can be trusted."""
    file, reading, limits = source.file, source.reading, source.limits
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with arrow_errors("Arrow file"):
        start = start_of_stream(file)
        check_messages(file, start, limits)
        file.seek(start)
        reader = pa.ipc.open_stream(pa.PythonFile(file, mode="r"), options=options)
        names = reader.schema.names
        check_names(names)
        iterator = iter(reader)
        first = next(iterator, None)
        if first is not None:
            first.validate(full=True)
        roles = assign_typed(reading, reader.schema if first is None else first)
        return _read(_validated(first, iterator), roles, names, source)


def assign_typed(reading: Reading, columns: Column) -> Roles:
    """Give roles to the columns of a batch, of a table, or (where there is no row) of a schema."""
    if isinstance(columns, pa.Schema):
        columns = columns.empty_table()
    names = columns.schema.names
    return assign(names, reading, lambda name: numeric_like(_column(columns, name)))


def explained(roles: Roles, names: Iterable[str]) -> Iterator[str]:
    """What was made of the columns without being asked."""
    if roles.guessed:
        guesses = (f"{role}={quote(getattr(roles, role))}" for role in roles.guessed)
        yield f"Columns were understood by their names: {', '.join(guesses)}."
    unused = [name for name in names if name not in roles.all]
    if unused:
        yield f"Columns without a use were left out: {listed(unused)}."


def _read(batches: Iterable[Column], roles: Roles, names: list[str], source: Source) -> tuple[Series, tuple[str, ...]]:
    buffer = RowBuffer(roles, source)
    for batch in batches:
        buffer.extend({name: batch.column(name) for name in roles.all}, batch.num_rows)
    series, warnings = long_to_series(buffer.finish(), source.limits)
    return series, (*explained(roles, names), *warnings)


def _validated(first: Column, rest: Iterable[Column]) -> Iterable[Column]:
    if first is None:
        return
    yield first
    for batch in rest:
        batch.validate(full=True)
        yield batch


def _column(columns: Column, name: str) -> Column:
    column = columns.column(name)
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
