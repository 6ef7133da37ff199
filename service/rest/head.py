"""A request's headers, looked up by name without going through all of them each time."""

from collections.abc import Iterable
from itertools import chain

HEAD = "head"
"""Where a request's state has it."""
ENCODING = "latin-1"
"""What HTTP's headers are written in; names come in lower case."""


class Head:
    """The headers of one request; of a name that stands there several times, the first is the one that counts."""

    __slots__ = ("_named", "_raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        """Take them as ASGI gives them."""
        self._raw = list(raw)
        self._named = dict(reversed(self._raw))

    def __contains__(self, name: object) -> bool:
        """Whether there is such a header."""
        return name in self._named

    def get(self, name: bytes) -> str | None:
        """The header's value; None if there is none."""
        value = self._named.get(name)
        return None if value is None else value.decode(ENCODING)

    def text(self, name: bytes) -> str:
        """The header's value; empty if there is none."""
        value = self._named.get(name)
        return "" if value is None else value.decode(ENCODING)

    def only(self, name: bytes) -> bytes | None:
        """The value of a header that stands there exactly once; None if it does not."""
        value = self._named.get(name)
        if len(self._named) < len(self._raw) and sum(each == name for each, _ in self._raw) != 1:
            return None
        return value

    @property
    def size(self) -> int:
        """Bytes of names and values."""
        return sum(map(len, chain.from_iterable(self._raw)))

    @property
    def announced(self) -> int | None:
        """The body's size by Content-Length, if there is one."""
        value = self._named.get(b"content-length")
        return int(value) if value is not None and value.isdigit() else None
