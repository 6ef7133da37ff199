"""Where log lines go: each at once, or, while a server runs, together and a few times a second.

A write of its own for each request costs more than its line: the interpreter's lock is let go of, and with threads that
compute it may be a while until it is had again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

TOGETHER_SECONDS = 0.1


class LineOutput:
    """Writes lines to a stream that has a buffer."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Write each line at once, until `gathering`."""
        self._stream = stream
        self._gathering = False

    def write(self, line: bytes, *, at_once: bool = False) -> None:
        """Write a line, with its end; it leaves at once, or with those that follow it."""
        self._stream.write(line)
        if at_once or not self._gathering:
            self._stream.flush()

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Within this context, in a running event loop, lines leave together; at its end, all that are left."""
        self._gathering = True
        sending = asyncio.ensure_future(self._send())
        try:
            yield
        finally:
            self._gathering = False
            sending.cancel()
            self._stream.flush()

    async def _send(self) -> None:
        while True:
            await asyncio.sleep(TOGETHER_SECONDS)
            with suppress(OSError):  # nobody reads, or the disk is full: what waits is tried again with the next
                self._stream.flush()
