"""Text files are UTF-8: the first byte that is not is named by its line before anything is parsed.

Spreadsheets save text as UTF-16 too ("Unicode text"), with a mark at its beginning; that is written again as UTF-8.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.ingest.faults import fault
from service.ingest.source import unnamed

BLOCK = 1 << 20
MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
UTF16 = "The file is text in UTF-16, and was read as such."
"""What is told of it."""


def is_utf16(head: bytes) -> bool:
    """Whether a file begins with the mark of UTF-16."""
    return head[:2] in MARKS


@contextmanager
def as_utf8(file: BinaryIO, directory: Path) -> Iterator[BinaryIO]:
    """A file of UTF-16 as UTF-8; Unreadable at the line that is not UTF-16."""
    file.seek(0)
    order = MARKS[file.read(2)]
    decoder = codecs.getincrementaldecoder(order)()
    line = 1
    with unnamed(directory) as text:
        while True:
            block = file.read(BLOCK)
            try:
                said = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].decode(order).count("\n")
                sentence = "There is something that is no UTF-16; save the file as UTF-8 text."
                raise fault(f"line {line}", sentence) from error
            text.write(said.encode())
            line += said.count("\n")
            if not block:
                break
        text.seek(0)
        yield text


def check_utf8(file: BinaryIO) -> None:
    """Unreadable at the line that is not UTF-8, or holds a NUL; the file is left at its start."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    file.seek(0)
    while True:
        block = file.read(BLOCK)
        held = decoder.getstate()[0]
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += (held + block).count(b"\n", 0, error.start)
            raise fault(f"line {line}", "There is a byte that is no UTF-8; save the file as UTF-8 text.") from error
        nul = block.find(b"\0")
        if nul >= 0:
            line += block.count(b"\n", 0, nul)
            raise fault(f"line {line}", "There is a NUL byte; the file is no text.")
        if not block:
            break
        line += block.count(b"\n")
    file.seek(0)
