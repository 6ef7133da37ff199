"""Files on their way in: spooled to the data directory, bounded as the bytes arrive, gone when the request is over."""

import errno
import math
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from service.domain.datasets import Upload
from service.edge.lanes import Lane
from service.errors import StorageFull, TooLarge, Unavailable

WRITTEN_AT_ONCE = 1 << 20
SUFFIX = ".upload"
ABANDONED_AFTER_SECONDS = 3600
"""A file that nobody wrote to for so long belongs to no request, of this process or of another one here."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spool:
    """Takes files into one directory under names of its own making."""

    def __init__(self, directory: Path, limit: int, lane: Lane) -> None:
        """Make the directory and sweep what a killed process has left in it; the limit is in bytes."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._lane = lane
        self.limit = limit
        self.sweep()

    def sweep(self) -> int:
        """Delete what nobody writes to any more, and say how many files that were."""
        before = time.time() - ABANDONED_AFTER_SECONDS
        left = [path for path in self.directory.glob(f"*{SUFFIX}") if _written_at(path) < before]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def check_announced(self, size: int | None) -> None:
        """Refuse a file by the size that its sender announces, before the first byte."""
        if size is not None and size > self.limit:
            raise self._too_large()

    @asynccontextmanager
    async def take(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Upload]:
        """Write the chunks to a file that exists within the context; TooLarge, StorageFull."""
        path = self.directory / f"{secrets.token_hex(16)}{SUFFIX}"
        try:
            yield Upload(path, await self._write(path, chunks))
        finally:
            path.unlink(missing_ok=True)

    async def _write(self, path: Path, chunks: AsyncIterator[bytes]) -> int:
        size = 0
        pending = bytearray()
        with _disk():
            file = path.open("xb", buffering=0)
        with file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.limit:
                    raise self._too_large()
                pending += chunk
                if len(pending) >= WRITTEN_AT_ONCE:
                    await self._lane.run(_write_all, file.fileno(), bytes(pending))
                    pending.clear()
            await self._lane.run(_write_all, file.fileno(), bytes(pending))
        return size

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The file is too large: at most {self.limit} bytes are taken.")


def _written_at(path: Path) -> float:
    """When the file was last written to; it may be gone already."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _write_all(descriptor: int, content: bytes) -> None:
    with _disk():
        while content:
            content = content[os.write(descriptor, content) :]


@contextmanager
def _disk() -> Iterator[None]:
    """Tell the disk's errors in the service's vocabulary."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull("There is no room left on the disk for the upload.") from error
        raise Unavailable("The upload could not be written to the disk.", retry_after=1) from error
