"""The first lines of a CSV file: what separates their fields, and whether one names the columns or is a case already.

The archive's own files have no header: the label first, then the steps, separated by tabs. Others have it last.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import BinaryIO

from service.domain.datasets import Precedent, Reading
from service.errors import TooLarge
from service.ingest.arrow_columns import MISSING_TEXTS
from service.ingest.counted_cases import name_and_count
from service.ingest.decimal_marks import decimal_mark
from service.ingest.faults import fault
from service.ingest.roles import USUAL
from service.ingest.unit_rows import are_units

SEPARATORS = (",", ";", "\t", "|")
COMMENT = b"#"
SAID_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?')
"""How spreadsheets say in a first line what separates the fields."""
HEADER_BYTES = 4 << 20
SAMPLE_LINES = 1000
LINES_BELOW = 8
"""Lines under a header that are looked at for units."""
FEWEST_STEPS = 8
"""Numbers in the first line from which it is taken for a case rather than for a header that was forgotten."""
FEWEST_COUNTED = 4
"""Numbers from which 0, 1, 2 ... are taken for the names that a data frame gives to columns without any."""
MOMENT = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}")
"""How a time begins, which is no name of a first column."""
UNNAMED = "column_"
ROLE_NAMES = frozenset(chain.from_iterable(USUAL.values()))


@dataclass(frozen=True)
class Header:
    """The columns' names, made up where the file has none, and how the fields are written.

    skipped: lines before the first row, where the parser is not to take the names from the file
    answer: without a header, the column that looks as labels do
    counted: without a header, whether the first column names cases and the second counts their steps
    units: what stands in a row under the header, where that is no case and no step
    """

    names: list[str]
    separator: str
    decimal: str
    present: bool
    skipped: int | None = None
    answer: str | None = None
    counted: bool = False
    units: tuple[str, ...] = ()

    def asked(self, reading: Reading, precedent: Precedent | None = None) -> Reading:
        """The reading, with what a file without a header is taken for: a case a row, its label first or last.

        Where the first two columns are the number of a case and that of its step, it is a step a row.
        A precedent without a header that has it otherwise goes before. A few columns without labels are channels.
        """
        roles = [getattr(reading, role) for role in USUAL]
        if self.present or reading.form == "long" or reading.channels or any(roles):
            return reading
        told = {} if precedent is None else precedent.parameters
        if told.get("header") == "false" and (
            told.get("form") == "long" or told.get("label") not in {None, "", self.first}
        ):
            return reading
        if self.counted and reading.form is None:
            return replace(reading, form="long", series=self.names[0], time=self.names[1])
        if reading.form is None and self.answer is None and len(self.names) <= FEWEST_STEPS and not told:
            return reading
        label = self.answer if self.answer is not None and reading.label is None else ""
        return replace(reading, form="wide", label=label, channels=(f"{UNNAMED}*",))

    @property
    def first(self) -> str:
        """The first column's name."""
        return self.names[0]


def read_header(file: BinaryIO, reading: Reading, precedent: Precedent | None = None) -> Header:
    """Look at the first line, and at the first fields of some more; what they leave open, a precedent tells."""
    start, before, line = _first_line(file)
    text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
    said = SAID_SEPARATOR.fullmatch(text)
    if said is not None:
        start, before, line = _first_line(file, start + len(line), before + 1)
        text = line.decode().rstrip("\r\n")
    separator = max(SEPARATORS, key=text.count) if said is None else said[1]
    try:
        fields = _fields(text, separator)
    except (csv.Error, StopIteration) as error:
        raise fault("the header", "A quotation mark is opened and not closed.") from error
    if not fields:
        raise fault("the header", "The first line is empty but for a mark of UTF-8.")
    decimal = decimal_mark(file, separator)
    present = reading.header
    if present is None:
        headless = precedent is not None and precedent.parameters.get("header") == "false"
        present = _names_columns(fields, decimal, headless=headless)
    if not present:
        names = [f"{UNNAMED}{place + 1}" for place in range(len(fields))]
        file.seek(start)
        rows = [each.split(separator) for each in _sample(file, SAMPLE_LINES)]
        answer = _answer(rows, decimal)
        column = answer and names[0 if answer == "first" else -1]
        return Header(names, separator, decimal, present, before or None, column, name_and_count(rows))
    file.seek(start + len(line))
    empty, following = _below(file)
    if following and _count(following[0], separator) == len(fields) + 1:
        return Header(["", *fields], separator, decimal, present, before + 1)  # R leaves row names without a name
    rows = [_fields(each, separator) for each in following if _count(each, separator) is not None]
    if len(rows) == len(following) > 0 and are_units(rows[0], rows[1:]):
        units = tuple(text.strip() for text in rows[0])
        return Header(fields, separator, decimal, present, before + 1 + empty + 1, units=units)
    return Header(fields, separator, decimal, present, before + 1 if before else None)


def _names_columns(fields: Sequence[str], decimal: str, *, headless: bool) -> bool:
    """Whether a first line names the columns; numbers do not, but for one text at the side that may be a label."""
    numbers = [_is_number(field, decimal) for field in fields]
    named = fields[0].strip().lower() in ROLE_NAMES  # a data frame's own header: label, 0, 1, 2, ...
    if named or _counted(fields) or (_counted(fields[1:]) and not fields[0].strip().isdigit()):
        return True
    steps = fields[1:-1] if not fields[0].strip() else fields[:-1]  # a data frame's row numbers have no name
    if _counted(steps) or (fields[-1].strip().lower() in ROLE_NAMES and _rise(steps, decimal)):
        return True
    if sum(numbers) > FEWEST_STEPS and (all(numbers[1:]) or (all(numbers[:-1]) and not _are_labels(fields, decimal))):
        return False
    if headless and all(numbers[1:]):
        return False
    if all(numbers) or (MOMENT.match(fields[0].strip()) and all(numbers[1:])):
        sentence = "Numbers stand where the names of the columns belong; begin the file with a header, "
        raise fault("the header", sentence + "or say header=false.")
    return True


def _counted(fields: Sequence[str]) -> bool:
    """Whether these are 0, 1, 2 ... or 1, 2, 3 ..."""
    if len(fields) < FEWEST_COUNTED or fields[0].strip() not in {"0", "1"}:
        return False
    begin = int(fields[0])
    return [field.strip() for field in fields] == [str(begin + place) for place in range(len(fields))]


def _rise(fields: Sequence[str], decimal: str) -> bool:
    """Whether these are numbers that rise from each to the next, as moments or wavelengths do."""
    if not all(_is_number(field, decimal) and field.strip() not in MISSING_TEXTS for field in fields):
        return False
    numbers = [float(field.replace(decimal, ".")) for field in fields]
    return all(one < other for one, other in pairwise(numbers))


def _fields(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator, strict=True))


def _count(line: str, separator: str) -> int | None:
    """How many fields a line has; None where it breaks off, or goes on in the next."""
    try:
        return len(_fields(line, separator))
    except csv.Error:
        return None


def _first_line(file: BinaryIO, start: int = 0, lines: int = 0) -> tuple[int, int, bytes]:
    """Where the first line that says something begins, how many are before it, and the line, which is no comment."""
    file.seek(start)
    while True:
        line = file.readline(HEADER_BYTES + 1)
        if not line:
            raise fault("row 1", "The table has no rows.")
        if len(line) > HEADER_BYTES:
            raise TooLarge(f"The header is longer than {HEADER_BYTES} bytes.")
        if line.strip() and not _comments(line, file):
            return start, lines, line
        start, lines = start + len(line), lines + 1


def _comments(line: bytes, file: BinaryIO) -> bool:
    """Whether a line of a comment's mark is no header: it has not the fields that the next line has."""
    if not line.removeprefix(b"\xef\xbb\xbf").startswith(COMMENT):
        return False
    place = file.tell()
    following = _sample(file, 1)
    file.seek(place)
    if not following:
        return False
    separator = max(SEPARATORS, key=following[0].count)
    return following[0].startswith(COMMENT.decode()) or following[0].count(separator) != line.decode().count(separator)


def _sample(file: BinaryIO, count: int) -> list[str]:
    """So many of the next lines that say something."""
    found: list[str] = []
    while len(found) < count and (line := file.readline(HEADER_BYTES)):
        if line.strip():
            found.append(line.decode("utf-8", "replace").rstrip("\r\n"))
    return found


def _below(file: BinaryIO) -> tuple[int, list[str]]:
    """How many lines under the header say nothing, and some that do."""
    empty, place = 0, file.tell()
    while (line := file.readline(HEADER_BYTES)) and not line.strip():
        empty, place = empty + 1, file.tell()
    file.seek(place)
    return empty, _sample(file, LINES_BELOW)


def _answer(rows: Sequence[Sequence[str]], decimal: str) -> str | None:
    """Whether the first fields are labels, or the last: texts or whole numbers, of which some stand there again.

    The last ones only where they differ, as series that end in zeros do not, and fractions stand among the others.
    """
    firsts, lasts = ([row[place].strip() for row in rows] for place in (0, -1))
    if _are_labels(firsts, decimal) and (len(set(firsts)) < len(firsts) or len(firsts) == 1):
        return "first"
    whole = [_are_labels([field], decimal) for field in rows[0][1:-1]]
    if 2 * sum(whole) < len(whole) and _are_labels(lasts, decimal) and 1 < len(set(lasts)) <= len(lasts) / 2:
        return "last"
    return None


def _are_labels(fields: Sequence[str], decimal: str) -> bool:
    """Whether these are texts or whole numbers."""
    return all(
        field not in MISSING_TEXTS and (not _is_number(field, decimal) or float(field.replace(decimal, ".")) % 1 == 0)
        for field in fields
    )


def _is_number(text: str, decimal: str) -> bool:
    text = text.strip()
    if text in MISSING_TEXTS:
        return True
    try:
        float(text.replace(decimal, ".") if decimal != "." else text)
    except ValueError:
        return False
    return True
