"""Numbers with a decimal comma, and perhaps points between their thousands: found out of the first rows of a file.

Which mark is meant is told by all fields together: 1,5 or 1.234,56 stand in no file that writes 1.5 as well. Where
commas separate the fields, a number with one is quoted, and 1,234 may have its comma between thousands.
"""

import re
from collections.abc import Container
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from service.ingest.arrow_columns import Column, is_text

SAMPLE_BYTES = 256 << 10
SIGN = rb"[-+]?"
EXPONENT = rb"(?:[eE][-+]?\d+)?"
UNIT = rb"(?: *(?:%|[$]|\xe2\x82\xac|\xc2\xa3))?"
GROUPED = rb"[1-9]\d{0,2}(?:(?:[. ]|\xc2\xa0|\xe2\x80\xaf)\d{3})+"
COMMA, POINT, THOUSANDS = rb"(?:" + GROUPED + rb"|\d*),\d+", rb"\d*[.]\d+", rb"[1-9]\d{0,2}(?:,\d{3}){2,}(?:[.]\d*)?"
SHORT = rb"(?:" + GROUPED + rb",\d+|(?:0|\d{4,})?,\d+|\d{1,3},(?:\d{1,2}|\d{4,}))"
"""A comma that is not one between thousands."""
SPACES = "\u00a0\u202f "
WRITTEN = rf"^\s*[+-]?([1-9]\d{{0,2}}([.{SPACES}]\d{{3}})+(,\d+)?|\d*,\d+)([eE][+-]?\d+)?[{SPACES}]*([%$€£]\s*)?$"
"""A number with a decimal comma, or points or spaces between its thousands."""


def decimal_mark(file: BinaryIO, separator: str) -> str:
    """The mark that the rows of a table write 1.5 with, from where the file stands, which stays there."""
    place = file.tell()
    sample = file.read(SAMPLE_BYTES)
    file.seek(place)
    lines = sample[: sample.rfind(b"\n") + 1] or sample  # a field that is cut short may look like a number
    if separator == ",":
        written = _fields(SHORT, b",", quoted=True).search(lines) is not None
        written = written and not _fields(THOUSANDS, b",", quoted=True).search(lines)
    else:
        written = _fields(COMMA, separator.encode()).search(lines) is not None
    points = _fields(POINT, separator.encode()).finditer(lines) if written else ()
    grouped = re.compile(rb"[\s\",;|+-]*" + GROUPED + rb"[\s\"]*")
    return "," if written and all(grouped.fullmatch(found[0]) for found in points) else "."


def plainly(rows: Column, texts: Container[str]) -> Column:
    """A batch or table of a file with decimal commas, with points for them; the columns of texts stay as they are."""
    for place, name in enumerate(rows.schema.names):
        column = rows.column(place)
        if name in texts or not is_text(column.type):
            continue
        written = pc.fill_null(pc.match_substring_regex(column, WRITTEN), fill_value=False)
        if pc.any(written).as_py():
            pointed = pc.replace_substring_regex(column, rf"[.{SPACES}]", "")
            pointed = pc.replace_substring(pointed, ",", ".")
            rows = rows.set_column(place, pa.field(name, column.type), pc.if_else(written, pointed, column))
    return rows


def _fields(number: bytes, separator: bytes, *, quoted: bool = False) -> re.Pattern[bytes]:
    """Whole fields: dates, times and names of releases hold points as well."""
    mark = rb" *\"\s*" if quoted else rb"[ \"]*"
    end = rb"\s*\" *" if quoted else rb"[ \"]*"
    between = re.escape(separator)
    return re.compile(
        rb"(?:^|" + between + rb")" + mark + SIGN + number + EXPONENT + UNIT + end + rb"(?=" + between + rb"|\r?$)",
        re.MULTILINE,
    )
