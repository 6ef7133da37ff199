"""Parquet and Arrow files, read a batch of rows at a time, and only the columns that have a role."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from service.ingest.arrow_columns import Column, arrow_errors, first_failing, is_text, plain
from service.ingest.arrow_messages import check_messages, start_of_stream
from service.ingest.assembly import check_counts
from service.ingest.expansion import check_expansion
from service.ingest.faults import Cell, fault
from service.ingest.first_rows import FirstRows
from service.ingest.parquet_pages import check_pages
from service.ingest.parsed import Parsed
from service.ingest.roles import Roles, check_names
from service.ingest.source import Source
from service.ingest.table import Table, batch_rows, read_table

BUFFERED = 1 << 18
"""Bytes of a column that are read at once, and not the whole column of a row group."""
MOST_BUFFERED = 64 << 20
"""Bytes of all columns together."""


def read_parquet(source: Source) -> Parsed:
    """Read a Parquet file; its footer and the heads of its pages are held against the limits before any is read."""
    file, limits = source.file, source.limits
    with arrow_errors("Parquet file"):
        metadata = pq.read_metadata(file)
        buffered = max(4096, min(BUFFERED, MOST_BUFFERED // max(1, metadata.num_columns)))
        parquet = pq.ParquetFile(file, metadata=metadata, buffer_size=buffered, pre_buffer=False)
        names = parquet.schema_arrow.names
        check_counts(limits, values=metadata.num_rows)
        size = file.seek(0, 2)
        groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
        check_expansion(size, sum(group.total_byte_size for group in groups), limits)
        check_names(names)
        check_pages(file, metadata, limits)
        sound = partial(_sound, what="Parquet file", texts=True)
        first = next(sound(parquet.iter_batches(batch_size=batch_rows(len(names)), use_threads=False)), None)

        def batches(roles: Roles) -> Iterator[Column]:
            check_counts(limits, values=metadata.num_rows * sum(map(len, roles.columns)))
            check_expansion(size, 4 * metadata.num_rows * sum(map(len, roles.columns)), limits)
            rows = batch_rows(len(roles.all))
            yield from sound(parquet.iter_batches(batch_size=rows, columns=list(roles.all), use_threads=False))

        return read_table(Table(names, FirstRows(parquet.schema_arrow if first is None else first), batches), source)


def read_arrow(source: Source) -> Parsed:
    """Read an Arrow file, or a stream of Arrow's; each batch is validated, as nothing in it can be trusted."""
    file = source.file
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with arrow_errors("Arrow file"):
        start = start_of_stream(file)
        check_messages(file, start, source.limits)

        def reader() -> Column:
            file.seek(start)
            return pa.ipc.open_stream(pa.PythonFile(file, mode="r"), options=options)

        schema = reader().schema
        check_names(schema.names)
        first = next((_copied(batch) for batch in _sound(reader(), "Arrow file")), None)
        look = FirstRows(schema if first is None else first)
        return read_table(Table(schema.names, look, lambda _: _sound(reader(), "Arrow file")), source)


def _copied(batch: Column) -> Column:
    """The first rows of a batch in memory of their own, so that a batch as large as its file is given back."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch.slice(0, batch_rows(batch.num_columns)))
    return pa.ipc.open_stream(sink.getvalue()).read_next_batch()


def _sound(batches: Iterable[Column], what: str, *, texts: bool = False) -> Iterator[Column]:
    """The batches, each validated, or its texts alone; Unreadable at the row and the column that cannot be read."""
    rows = 0
    iterator = iter(batches)
    while True:
        with arrow_errors(what, partial("row {} or later".format, rows + 1)):
            batch = next(iterator, None)
            if batch is None:
                return
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            if texts:
                columns = {name: column for name, column in columns.items() if is_text(plain(column).type)}
            _check_columns(columns, rows)
            if not texts:
                batch.validate(full=True)
        yield batch
        rows += batch.num_rows


def _check_columns(columns: Mapping[str, Column], before: int) -> None:
    for name, column in columns.items():
        row = first_failing(column, lambda part: part.validate(full=True))
        if row is not None:
            found = "text that is no UTF-8" if is_text(column.type) else "value that cannot be read"
            raise fault(Cell(name, f"row {before + row + 1}"), f"There is a {found}.")
