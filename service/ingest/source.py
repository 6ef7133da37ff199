"""What a reader reads from, and where it may put what is too much for memory."""

import errno
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from model.arrays import Array
from service.domain.datasets import Limits, Precedent, Reading
from service.errors import StorageFull

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Source:
    """An open file, how it is to be read, the limits, and the directory for values that memory should not hold.

    precedent: how the dataset of a model was read, where the file holds cases for it, whose answers nobody needs
    """

    file: BinaryIO
    reading: Reading
    limits: Limits
    directory: Path
    precedent: Precedent | None = None

    @property
    def answered(self) -> bool:
        """Whether the answers that come with cases are read."""
        return self.precedent is None

    def scratch(self) -> "Scratch":
        """A file for values that are written once, from its beginning to its end."""
        return Scratch(self.directory)

    def room(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An array to be filled, in memory, or mapped from a file where it is too much for that."""
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if size <= self.limits.in_memory:
            return np.empty(shape, dtype)
        with unnamed(self.directory) as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a disk that gets full under a mapping would end the process
            return np.frombuffer(mmap.mmap(file.fileno(), size), dtype).reshape(shape)


class Scratch:
    """A file without a name that takes arrays one behind another; it is gone when nothing maps it any more."""

    def __init__(self, directory: Path) -> None:
        with storage():
            self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 - closed by `mapped`
        weakref.finalize(self, self._file.close)  # or when the file that was to be read is refused

    def write(self, values: Array) -> None:
        """Append an array's bytes; StorageFull if the disk has no room."""
        content = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        with storage():
            while content:
                content = content[os.write(self._file.fileno(), content) :]

    def mapped(self, dtype: np.dtype[Any]) -> Array:
        """Everything that was written, (n,), read-only; nothing can be appended any more."""
        with self._file:
            if not self._file.tell():
                return np.empty(0, dtype)
            return np.frombuffer(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ), dtype)


@contextmanager
def unnamed(directory: Path) -> Iterator[BinaryIO]:
    """A file without a name beside the upload: nothing is left behind however the process ends."""
    with storage(), tempfile.TemporaryFile(dir=directory) as file:
        yield file


@contextmanager
def storage() -> Iterator[None]:
    """StorageFull when the disk has no room for what a file expands to."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull("There is no room left on the disk for what the file expands to.") from error
        raise
