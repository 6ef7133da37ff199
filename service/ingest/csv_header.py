"""The first line of a CSV file: what separates its fields, and whether it names the columns or is a case already.

The archive's own files have no header: the label first, then the steps, separated by tabs or spaces.
"""

import csv
import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from service.domain.datasets import Precedent, Reading
from service.errors import TooLarge
from service.ingest.arrow_columns import MISSING_TEXTS
from service.ingest.columns import USUAL
from service.ingest.faults import fault

SEPARATORS = (",", ";", "\t", "|")
HEADER_BYTES = 4 << 20
SAMPLE_LINES = 1000
SAMPLE_BYTES = 256 << 10
FIELD = rb'(?:^|;)[ "]*[-+]?\d*%s\d+(?:[eE][-+]?\d+)?[ "]*(?=;|\r?$)'
DECIMAL_COMMA, DECIMAL_POINT = (re.compile(FIELD % mark, re.MULTILINE) for mark in (b",", b"[.]"))
"""Whole fields: dates, times and names of releases hold points as well."""
FEWEST_STEPS = 8
"""Numbers in the first line from which it is taken for a case rather than for a header that was forgotten."""
UNNAMED = "column_"
ROLE_NAMES = frozenset(chain.from_iterable(USUAL.values()))


@dataclass(frozen=True)
class Header:
    """The columns' names, made up where the file has none, and how the fields are written."""

    names: list[str]
    separator: str
    decimal: str
    present: bool
    answered: bool

    def asked(self, reading: Reading, precedent: Precedent | None = None) -> Reading:
        """The reading, with what a file without a header is taken for: a case a row, its label first.

        A precedent without a header that has it otherwise goes before.
        """
        roles = [getattr(reading, role) for role in USUAL]
        if self.present or reading.form == "long" or reading.channels or any(roles):
            return reading
        told = {} if precedent is None else precedent.parameters
        if told.get("header") == "false" and told.get("label") not in {None, "", f"{UNNAMED}1"}:
            return reading
        label = f"{UNNAMED}1" if self.answered and reading.label is None else ""
        return replace(reading, form="wide", label=label, channels=(f"{UNNAMED}*",))


def read_header(file: BinaryIO, reading: Reading, precedent: Precedent | None = None) -> Header:
    """Look at the first line, and at the first fields of some more; what they leave open, a precedent tells."""
    line = _first_line(file)
    text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
    separator = max(SEPARATORS, key=text.count)
    try:
        fields = next(csv.reader([text], delimiter=separator, strict=True))
    except (csv.Error, StopIteration) as error:
        raise fault("the header", "A quotation mark is opened and not closed.") from error
    if not fields:
        raise fault("the header", "The first line is empty but for a mark of UTF-8.")
    decimal = "," if separator == ";" and _writes_decimal_commas(file) else "."
    numbers = [_is_number(field, decimal) for field in fields]
    present = reading.header
    if present is None:
        named = fields[0].strip().lower() in ROLE_NAMES  # a data frame's own header: label, 0, 1, 2, ...
        present = named or not (all(numbers[1:]) and sum(numbers) > FEWEST_STEPS)
        if present and all(numbers) and precedent is not None and precedent.parameters.get("header") == "false":
            present = False
        elif present and all(numbers):
            sentence = "Numbers stand where the names of the columns belong; begin the file with a header, "
            raise fault("the header", sentence + "or say header=false.")
    names = fields if present else [f"{UNNAMED}{place + 1}" for place in range(len(fields))]
    return Header(names, separator, decimal, present, _answers_first(file, separator))


def _first_line(file: BinaryIO) -> bytes:
    file.seek(0)
    line = b""
    while not line.strip():
        line = file.readline(HEADER_BYTES + 1)
        if not line:
            raise fault("row 1", "The table has no rows.")
        if len(line) > HEADER_BYTES:
            raise TooLarge(f"The header is longer than {HEADER_BYTES} bytes.")
    return line


def _writes_decimal_commas(file: BinaryIO) -> bool:
    """Whether the rows write 1,5 for one and a half, which only a table separated by semicolons can."""
    place = file.tell()
    sample = file.read(SAMPLE_BYTES)
    file.seek(place)
    lines = sample[: sample.rfind(b"\n") + 1] or sample  # a field that is cut short may look like a number
    return DECIMAL_COMMA.search(lines) is not None and DECIMAL_POINT.search(lines) is None


def _answers_first(file: BinaryIO, separator: str) -> bool:
    """Whether the first fields are labels: texts or whole numbers, of which some stand there again."""
    file.seek(0)
    lines = (file.readline(HEADER_BYTES) for _ in range(SAMPLE_LINES))
    firsts = [line.decode("utf-8", "replace").partition(separator)[0].strip() for line in lines if line.strip()]
    whole = all(
        first not in MISSING_TEXTS and (not _is_number(first, ".") or float(first) % 1 == 0) for first in firsts
    )
    return whole and (len(set(firsts)) < len(firsts) or len(firsts) == 1)


def _is_number(text: str, decimal: str) -> bool:
    text = text.strip()
    if text in MISSING_TEXTS:
        return True
    try:
        float(text.replace(decimal, ".") if decimal != "." else text)
    except ValueError:
        return False
    return True
