"""Where the rows of a CSV file end: spreadsheets leave lines behind that hold nothing but separators."""

from dataclasses import dataclass
from typing import BinaryIO

LOOKED = 64 << 10
"""Bytes at the end of a file that are looked at."""
NOTHING = b',;\t|" \r'


@dataclass(frozen=True)
class Rows:
    """A file that ends where its rows do; empty: how many lines behind them hold nothing."""

    file: BinaryIO
    end: int
    empty: int

    @property
    def closed(self) -> bool:
        """As the file is."""
        return self.file.closed

    def read(self, count: int = -1) -> bytes:
        """Up to so many of the next bytes, all of them without a count."""
        left = max(0, self.end - self.file.tell())
        return self.file.read(left if count < 0 else min(count, left))

    def close(self) -> None:
        """The file is closed by whoever opened it."""


def rows_of(file: BinaryIO) -> Rows:
    """The file up to its last line that says something; lines of white space alone are no rows to any reader."""
    size = file.seek(0, 2)
    file.seek(max(0, size - LOOKED))
    lines = file.read().splitlines(keepends=True)
    empty, end = 0, size
    while len(lines) > 1 and not lines[-1].rstrip(b"\n").strip(NOTHING):
        line = lines.pop()
        empty += bool(line.strip())
        end -= len(line)
    file.seek(0)
    return Rows(file, end if empty else size, empty)
