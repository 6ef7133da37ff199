"""Lines that end in a carriage return alone, as spreadsheets on old machines write them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from service.ingest.source import Source, unnamed

LOOKED = 64 << 10
BLOCK = 1 << 20


@contextmanager
def with_line_feeds(source: Source) -> Iterator[BinaryIO]:
    """The file, or the same with line feeds where it has none."""
    source.file.seek(0)
    head = source.file.read(LOOKED)
    if b"\r" not in head or b"\n" in head:
        yield source.file
        return
    with unnamed(source.directory) as lines:
        source.file.seek(0)
        while block := source.file.read(BLOCK):
            lines.write(block.replace(b"\r", b"\n"))
        yield lines
