"""CSV and TSV in long form: a header, then one row a step; the separator is found, the types are pyarrow's guess."""

import csv
import re
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from model.data.series import Series
from service.domain.datasets import Reading
from service.errors import TooLarge
from service.ingest.arrow_rows import MISSING_TEXTS, Column, RowBuffer, arrow_errors
from service.ingest.assembly import check_counts
from service.ingest.columnar import assign_typed, explained
from service.ingest.columns import assign, check_names
from service.ingest.faults import Faults, fault
from service.ingest.long_form import long_to_series
from service.ingest.source import Source

SEPARATORS = (",", ";", "\t", "|")
HEADER_BYTES = 1 << 20
BLOCK = 4 << 20
DECIMAL_COMMA = re.compile(rb"\d,\d")


def read_csv(source: Source) -> tuple[Series, tuple[str, ...]]:
    """Read a whole table."""
    file, reading, limits = source.file, source.reading, source.limits
    names, separator = _header(file)
    check_names(names)
    check_counts(limits, channels=len(names))
    comma = separator == ";" and _writes_decimal_commas(file)
    with arrow_errors("table"):
        table = _parse(file, names, separator, reading, "," if comma else ".")
        if not table.num_rows:
            raise fault("row 1", "The table has no rows.")
        columns = {name: table.column(name).combine_chunks() for name in names}
        roles = assign_typed(reading, table)
        check_counts(limits, values=table.num_rows * len(roles.channels))
        buffer = RowBuffer(roles, source)
        buffer.extend(columns, table.num_rows)
        series, warnings = long_to_series(buffer.finish(), limits)
    return series, (*explained(roles, names), *warnings)


def _header(file: BinaryIO) -> tuple[list[str], str]:
    """The names of the columns, and what separates them."""
    file.seek(0)
    line = b""
    while not line.strip():
        line = file.readline(HEADER_BYTES + 1)
        if not line:
            raise fault("row 1", "The table has no rows.")
        if len(line) > HEADER_BYTES:
            raise TooLarge(f"The header is longer than {HEADER_BYTES} bytes.")
    text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
    separator = max(SEPARATORS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=separator, strict=True))
    except (csv.Error, StopIteration) as error:
        raise fault("the header", "A quotation mark is opened and not closed.") from error
    return names, separator


def _writes_decimal_commas(file: BinaryIO) -> bool:
    """Whether the rows write 1,5 for one and a half, which only a table separated by semicolons can."""
    sample = file.read(HEADER_BYTES)
    return DECIMAL_COMMA.search(sample) is not None and b"." not in sample


def _parse(file: BinaryIO, names: list[str], separator: str, reading: Reading, decimal: str) -> Column:
    """The table as pyarrow understands it; names of cases and labels are texts, whatever they look like."""
    roles = assign(names, reading, lambda _: True)
    texts = {name: pa.string() for name in (roles.series, roles.label) if name is not None}
    faults = Faults()

    def skip(row: Column) -> str:
        sentence = f"The row has {row.actual_columns} fields, and the header {row.expected_columns}."
        faults.add("a row" if row.number is None else f"line {row.number}", sentence)
        return "skip"

    file.seek(0)
    table = arrow_csv.read_csv(
        pa.PythonFile(file, mode="r"),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, invalid_row_handler=skip),
        convert_options=arrow_csv.ConvertOptions(
            column_types=texts, null_values=list(MISSING_TEXTS), decimal_point=decimal
        ),
    )
    faults.raise_any()
    return table
