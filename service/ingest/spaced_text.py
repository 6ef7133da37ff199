"""Numbers in lines, with white space between them, as the archive's first files and many instruments write them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from service.ingest.source import Source, unnamed

NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[nN][aA][nN]")
FIRST_BYTES = 4 << 20
FEWEST_LINES, LINES_LOOKED = 3, 20
"""Of one number each."""


def is_spaced(line: bytes) -> bool:
    """Whether a line is numbers with spaces between them, and nothing else."""
    return b" " in line.strip() and all(NUMBER.fullmatch(field) for field in line.split())


def is_column(head: bytes) -> bool:
    """Whether text is one number a line, under a line that may be its name."""
    lines = [line.strip() for line in head.split(b"\n")[:LINES_LOOKED] if line.strip()]
    return len(lines) > FEWEST_LINES and all(NUMBER.fullmatch(line) for line in lines[1:])


def begins_spaced(file: BinaryIO) -> bool:
    """Whether the first line that says something is."""
    file.seek(0)
    line = b"\n"
    while line and not line.strip():
        line = file.readline(FIRST_BYTES)
    return is_spaced(line)


@contextmanager
def tabulated(source: Source) -> Iterator[BinaryIO]:
    """The same with one tab for whatever stands between two fields."""
    with unnamed(source.directory) as tabs:
        source.file.seek(0)
        for line in source.file:
            tabs.write(b"\t".join(line.split()) + b"\n")
        yield tabs
