"""CSV and TSV: the separator is found, the types are pyarrow's guess, and a large file comes a block at a time."""

import io
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from service.domain.datasets import Reading
from service.ingest.arrow_columns import MISSING_TEXTS, Column, arrow_errors, is_number
from service.ingest.csv_end import Rows, rows_of
from service.ingest.csv_header import Header, read_header
from service.ingest.decimal_marks import plainly
from service.ingest.faults import Cell, Faults, fault, listed
from service.ingest.first_rows import FirstRows
from service.ingest.line_ends import with_line_feeds
from service.ingest.number_text import no_number
from service.ingest.parsed import Parsed
from service.ingest.precedents import followed
from service.ingest.roles import Roles, check_names, named_roles
from service.ingest.source import Source
from service.ingest.spaced_text import begins_spaced, tabulated
from service.ingest.table import Table, read_table

BLOCK = 4 << 20
UNCONVERTED = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to .*: invalid value '(.*)'", re.DOTALL
)


def read_csv(source: Source) -> Parsed:
    """Read a whole table."""
    with with_line_feeds(source) as lines:
        source = replace(source, file=lines)
        if begins_spaced(source.file):
            with tabulated(source) as tabs:
                return _read(replace(source, file=tabs))
        return _read(source)


def _read(source: Source) -> Parsed:
    file, limits = source.file, source.limits
    rows = rows_of(file)
    header = read_header(file, source.reading, source.precedent)
    check_names(header.names)
    reading = header.asked(source.reading, source.precedent)
    source = replace(source, reading=reading)
    if source.precedent is not None:
        reading = followed(header.names, reading, source.precedent)
    faults = Faults()
    with arrow_errors("table"):
        if file.seek(0, 2) <= limits.in_memory:
            file.seek(0)
            texts = _texts(header, reading)
            whole = _plainly(_whole(rows, header, texts, faults), header, texts)
            faults.raise_any()
            if not whole.num_rows:
                raise fault("row 1", "The table has no rows.")
            table = Table(header.names, FirstRows(whole), lambda _: whole.to_batches())
        else:
            texts = _texts(header, reading)
            sample = _plainly(_sample(rows, header, texts), header, texts)
            table = Table(header.names, FirstRows(sample), partial(_pointed, rows, header, sample, texts))
        parsed = read_table(table, source)
    parsed = replace(parsed, notes=(*parsed.notes, *_notes(rows, header)))
    if header.present and reading.header is None:
        return parsed
    told = {"header": "true" if header.present else "false", **parsed.reading.parameters}
    return replace(parsed, reading=replace(parsed.reading, parameters=told))


def _notes(rows: Rows, header: Header) -> Iterator[str]:
    """What was made of the file that its columns do not tell."""
    if rows.empty:
        yield f"Lines behind the last row that hold nothing but separators were left out: {rows.empty}."
    if header.units:
        yield f"The row under the header was taken for units and left out: {listed(header.units)}."
    if header.decimal == ",":
        yield "Numbers were read with decimal commas: 1,5 is one and a half."
    if header.counted:
        yield "Without a header, the first column was taken for the case of each row, and the second for its step."


def _pointed(rows: Rows, header: Header, sample: Column, texts: Container[str], roles: Roles) -> Iterator[Column]:
    """The batches of a file that is too large for memory."""
    for batch in _blocks(rows, header, _types(sample, roles)):
        yield _plainly(batch, header, texts)


def _plainly(batch: Column, header: Header, texts: Container[str]) -> Column:
    return plainly(batch, texts) if header.decimal == "," else batch


def _texts(header: Header, reading: Reading) -> dict[str, Column]:
    """Names of cases, labels and groups are texts, whatever they look like."""
    roles = named_roles(header.names, reading)
    return {name: pa.string() for name in replace(roles, time=None, target=None).single}


def _whole(file: BinaryIO | Rows, header: Header, types: dict[str, Column], faults: Faults) -> Column:
    return arrow_csv.read_csv(pa.PythonFile(file, mode="r"), **_options(header, types, faults))


def _sample(rows: Rows, header: Header, types: dict[str, Column]) -> Column:
    """The first block as a table, from which the types of all others are taken."""
    rows.file.seek(0)
    head = rows.read(BLOCK)
    return _whole(io.BytesIO(head[: head.rfind(b"\n") + 1] or head), header, types, Faults())


def _types(sample: Column, roles: Roles) -> dict[str, Column]:
    """What the columns with a role are: numbers stay numbers even if the first block holds whole ones only."""
    types = {field.name: field.type for field in sample.schema if field.name in roles.all}
    for name, kind in types.items():
        number = is_number(kind) and not pa.types.is_boolean(kind)
        if (number and name != roles.time) or pa.types.is_null(kind):
            types[name] = pa.float64()
    return types


def _blocks(rows: Rows, header: Header, types: dict[str, Column]) -> Iterator[Column]:
    """Record batches of a file that is too large for memory, with the columns that have types."""
    rows.file.seek(0)
    faults = Faults()
    options = _options(header, types, faults)
    options["convert_options"].include_columns = list(types)
    try:
        for batch in arrow_csv.open_csv(pa.PythonFile(rows, mode="r"), **options):
            faults.raise_any()
            yield batch
    except pa.ArrowInvalid as error:
        match = UNCONVERTED.search(str(error))
        if match is None:
            raise
        line = "" if match[2] is None else f"line {match[2]}"
        raise fault(Cell(header.names[int(match[1])], line), no_number(match[3])) from error
    faults.raise_any()


def _options(header: Header, types: dict[str, Column], faults: Faults) -> dict[str, Column]:
    def skip(row: Column) -> str:
        sentence = f"The row has {row.actual_columns} fields, and the header {row.expected_columns}."
        faults.add("a row" if row.number is None else f"line {row.number}", sentence)
        return "skip"

    names: Sequence[str] = [] if header.present and header.skipped is None else header.names
    return {
        "read_options": arrow_csv.ReadOptions(
            use_threads=False, block_size=BLOCK, column_names=names, skip_rows=header.skipped or 0
        ),
        "parse_options": arrow_csv.ParseOptions(delimiter=header.separator, invalid_row_handler=skip),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=types, null_values=list(MISSING_TEXTS), decimal_point=header.decimal
        ),
    }
