"""Numbers in lines, with white space between them, as the archive's first files and many instruments write them.

A line of names may stand above them.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from service.ingest.source import Source, unnamed

NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[nN][aA][nN]")
FIRST_BYTES = 4 << 20
DATE, CLOCK = (
    rb"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:T[\d:.]+)?|\d{1,2}[./]\d{1,2}[./]\d{4}",
    rb"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?",
)
VALUE = re.compile(rb"|".join((NUMBER.pattern, rb"\?|-|NA", DATE, CLOCK)))
"""What may stand under a name: a number, nothing, a date or a clock."""
SEPARATED, COMMENT = (b",", b";", b"\t", b"|"), b"#"
FEWEST_NAMES = 2
FEWEST_LINES, LINES_LOOKED = 3, 20
"""Lines that tell of a table, and those looked at."""


def is_spaced(line: bytes) -> bool:
    """Whether a line is numbers with spaces between them, and nothing else."""
    return b" " in line.strip() and all(NUMBER.fullmatch(field) for field in line.split())


def is_column(head: bytes) -> bool:
    """Whether text is one number a line, under a line that may be its name."""
    lines = [line.strip() for line in head.split(b"\n")[:LINES_LOOKED] if line.strip()]
    return len(lines) > FEWEST_LINES and all(NUMBER.fullmatch(line) for line in lines[1:])


def begins_spaced(file: BinaryIO) -> bool:
    """Whether the first line that says something is, or names the columns of lines that are."""
    return _is_spaced_table(_first_lines(file))


def is_spaced_text(head: bytes) -> bool:
    """The same of the beginning of a file, whose last line may be cut short."""
    lines = [line.strip() for line in head.split(b"\n")]
    return _is_spaced_table([line for line in lines[: max(1, len(lines) - 1)] if line][:LINES_LOOKED])


def _is_spaced_table(lines: Sequence[bytes]) -> bool:
    return bool(lines) and (is_spaced(lines[0]) or _names(lines) is not None)


@contextmanager
def tabulated(source: Source) -> Iterator[BinaryIO]:
    """The same with one tab for whatever stands between two fields."""
    names = _names(_first_lines(source.file))
    with unnamed(source.directory) as tabs:
        source.file.seek(0)
        for line in source.file:
            fields = line.split()
            if names is not None and fields:
                fields, names = names, None
            tabs.write(b"\t".join(fields) + b"\n")
        yield tabs


def _names(lines: Sequence[bytes]) -> list[bytes] | None:
    """The words of the first line, where there is one for each field of the lines below; a mark of comments is none."""
    if len(lines) < FEWEST_LINES or any(mark in line for line in lines for mark in SEPARATED):
        return None
    fields = [line.split() for line in lines]
    names = fields[0][1:] if fields[0][0] == COMMENT else fields[0]
    below = fields[1:]
    if len(names) < FEWEST_NAMES or any(map(NUMBER.fullmatch, names)):
        return None
    alike = all(len(each) == len(names) and all(map(VALUE.fullmatch, each)) for each in below)
    return names if alike and all(any(map(NUMBER.fullmatch, each)) for each in below) else None


def _first_lines(file: BinaryIO) -> list[bytes]:
    """Some lines that say something, from the first on."""
    file.seek(0)
    found: list[bytes] = []
    while len(found) < LINES_LOOKED and (line := file.readline(FIRST_BYTES)):
        found += [line.removeprefix(b"\xef\xbb\xbf").strip()] if line.strip() else []
    return found
