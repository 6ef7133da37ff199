"""CSV and TSV: the separator is found, the types are pyarrow's guess, and a large file comes a block at a time."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from service.domain.datasets import Reading
from service.ingest.arrow_columns import MISSING_TEXTS, Column, FirstRows, arrow_errors, is_number
from service.ingest.columns import Look, Roles, assign, check_names
from service.ingest.csv_header import Header, read_header
from service.ingest.faults import Faults, fault, quote
from service.ingest.number_text import no_number
from service.ingest.parsed import Parsed
from service.ingest.source import Source
from service.ingest.table import read_batches

BLOCK = 4 << 20
UNCONVERTED = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to .*: invalid value '(.*)'", re.DOTALL
)


class AnyLook:
    """Every column may be a channel: asked before a table is parsed, only the named roles matter."""

    def numeric(self, name: str) -> bool:  # noqa: ARG002 - as the protocol has it
        return True

    def repeats(self, name: str) -> bool:  # noqa: ARG002 - as the protocol has it
        return True


def read_csv(source: Source) -> Parsed:
    """Read a whole table."""
    file, limits = source.file, source.limits
    header = read_header(file, source.reading)
    check_names(header.names)
    reading = header.asked(source.reading)
    source = replace(source, reading=reading)
    faults = Faults()
    with arrow_errors("table"):
        if file.seek(0, 2) <= limits.in_memory:
            table = _whole(file, header, _texts(header, reading), faults)
            faults.raise_any()
            roles, batches = _assigned(header, reading, FirstRows(table)), iter(table.to_batches())
            if not table.num_rows:
                raise fault("row 1", "The table has no rows.")
        else:
            sample = _sample(file, header, _texts(header, reading))
            roles = _assigned(header, reading, FirstRows(sample))
            batches = _blocks(file, header, _types(sample, roles), faults)
        parsed = read_batches(batches, roles, header.names, source)
    if header.present:
        return parsed
    return replace(parsed, reading=replace(parsed.reading, parameters={"header": "false", **parsed.reading.parameters}))


def _assigned(header: Header, reading: Reading, look: Look) -> Roles:
    return assign(header.names, reading, look)


def _texts(header: Header, reading: Reading) -> dict[str, Column]:
    """Names of cases, labels and groups are texts, whatever they look like."""
    roles = assign(header.names, reading, AnyLook())
    return {roles.named[role]: pa.string() for role in ("series", "label", "group", "split") if role in roles.named}


def _whole(file: BinaryIO, header: Header, types: dict[str, Column], faults: Faults) -> Column:
    file.seek(0)
    return arrow_csv.read_csv(pa.PythonFile(file, mode="r"), **_options(header, types, faults))


def _sample(file: BinaryIO, header: Header, types: dict[str, Column]) -> Column:
    """The first block as a table, from which the types of all others are taken."""
    file.seek(0)
    head = file.read(BLOCK)
    return _whole(io.BytesIO(head[: head.rfind(b"\n") + 1] or head), header, types, Faults())


def _types(sample: Column, roles: Roles) -> dict[str, Column]:
    """What the columns of all blocks are: numbers stay numbers even if the first block holds whole ones only."""
    types = {field.name: field.type for field in sample.schema}
    for name, kind in types.items():
        if (is_number(kind) and name != roles.time) or pa.types.is_null(kind):
            types[name] = pa.float64()
    return types


def _blocks(file: BinaryIO, header: Header, types: dict[str, Column], faults: Faults) -> Iterator[Column]:
    """Record batches of a file that is too large for memory."""
    file.seek(0)
    try:
        for batch in arrow_csv.open_csv(pa.PythonFile(file, mode="r"), **_options(header, types, faults)):
            faults.raise_any()
            yield batch
    except pa.ArrowInvalid as error:
        match = UNCONVERTED.search(str(error))
        if match is None:
            raise
        place = "" if match[2] is None else f"line {match[2]}, "
        raise fault(f"{place}column {quote(header.names[int(match[1])])}", no_number(match[3])) from error
    faults.raise_any()


def _options(header: Header, types: dict[str, Column], faults: Faults) -> dict[str, Column]:
    def skip(row: Column) -> str:
        sentence = f"The row has {row.actual_columns} fields, and the header {row.expected_columns}."
        faults.add("a row" if row.number is None else f"line {row.number}", sentence)
        return "skip"

    names: Sequence[str] = [] if header.present else header.names
    return {
        "read_options": arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        "parse_options": arrow_csv.ParseOptions(delimiter=header.separator, invalid_row_handler=skip),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=types, null_values=list(MISSING_TEXTS), decimal_point=header.decimal
        ),
    }
