"""The messages of a stream: each behind its length, compressed or not."""

import zlib
from collections import deque
from typing import Final

from service.edge.inflation import CONTAINERS, inflated
from service.rpc.codes import StatusCode
from service.rpc.http2.frames import NUMBER

PREFIX = 5
KEPT_BYTES: Final = 128
"""What it takes to keep a message, however small, until it is taken."""


class Refused(Exception):
    """A call ends with this status instead of an answer."""

    def __init__(self, status: StatusCode, message: str) -> None:
        """Take the status and its sentence."""
        super().__init__(message)
        self.status = status
        self.message = message


class Messages:
    """Puts a stream's bytes together to messages of at most `limit` bytes."""

    def __init__(self, limit: int, encoding: str) -> None:
        """Expect a message."""
        self._limit = limit
        self._encoding = encoding
        self._rest = bytearray()
        self._whole: deque[tuple[int, bytes]] = deque()
        self._waiting = 0

    def __len__(self) -> int:
        """How many are whole."""
        return len(self._whole)

    @property
    def held(self) -> int:
        """Bytes of memory that it takes to keep what was not taken."""
        return len(self._rest) + self._waiting

    @property
    def partial(self) -> bool:
        """Whether one has begun that is not whole."""
        return bool(self._rest)

    def put(self, data: bytes) -> None:
        """Take bytes; Refused if they announce too much."""
        if not self._rest and len(data) >= PREFIX and self._announced(data) == len(data) - PREFIX:
            self._keep(data[0], data[PREFIX:])
            return
        rest = self._rest
        rest += data
        while len(rest) >= PREFIX:
            end = PREFIX + self._announced(rest)
            if len(rest) < end:
                return
            self._keep(rest[0], bytes(rest[PREFIX:end]))
            del rest[:end]

    def take(self) -> bytes:
        """The next of those that are whole; Refused if it cannot be unpacked.

        Unpacked no sooner than a method wants it: what waits takes no more memory than it took of the peer's window.
        """
        flag, message = self._whole.popleft()
        self._waiting -= len(message) + KEPT_BYTES
        return self._unpacked(flag, message)

    def drop(self) -> None:
        """Keep nothing: nobody will take it."""
        self._rest = bytearray()
        self._whole.clear()
        self._waiting = 0

    def _keep(self, flag: int, message: bytes) -> None:
        self._whole.append((flag, message))
        self._waiting += len(message) + KEPT_BYTES

    def _announced(self, data: bytes | bytearray) -> int:
        length: int = NUMBER.unpack_from(data, 1)[0]
        if length > self._limit:
            raise Refused(
                StatusCode.RESOURCE_EXHAUSTED, f"A message has at most {self._limit} bytes; this one has {length}."
            )
        return length

    def _unpacked(self, flag: int, message: bytes) -> bytes:
        if flag == 0:
            return message
        if flag != 1 or self._encoding not in CONTAINERS:
            raise Refused(StatusCode.INTERNAL, f"A message of encoding {self._encoding!r} cannot be compressed.")
        try:
            found = inflated(message, self._encoding, self._limit)
        except zlib.error as error:
            raise Refused(StatusCode.INTERNAL, f"A message is not what {self._encoding} makes.") from error
        if found is None:
            raise Refused(StatusCode.RESOURCE_EXHAUSTED, f"A message has at most {self._limit} bytes.")
        return found


def packed(message: bytes) -> bytes:
    """A message behind its length."""
    return prefix(message) + message


def prefix(message: bytes) -> bytes:
    """What stands before a message that is not compressed."""
    return b"\0" + NUMBER.pack(len(message))
