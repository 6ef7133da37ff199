"""Text files are UTF-8: the first byte that is not is named by its line before anything is parsed."""

import codecs
from typing import BinaryIO

from service.ingest.faults import fault

BLOCK = 1 << 20


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
