"""A request's headers, looked up by name without going through all of them each time."""

from collections.abc import Iterable

HEAD = "head"
"""Where a request's state has it."""
ENCODING = "latin-1"
"""What HTTP's headers are written in; names come in lower case."""


class Head:
    """The headers of one request; of a name that stands there several times, the first is the one that counts."""

    __slots__ = ("_named", "raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        """Take them as ASGI gives them."""
        self.raw = list(raw)
        self._named = {name.decode(ENCODING): value for name, value in reversed(self.raw)}

    def __contains__(self, name: object) -> bool:
        """Whether there is such a header."""
        return name in self._named

    def get(self, name: str, default: str | None = None) -> str | None:
        """The header's value."""
        value = self._named.get(name)
        return default if value is None else value.decode(ENCODING)

    def text(self, name: str) -> str:
        """The header's value; empty if there is none."""
        return self._named.get(name, b"").decode(ENCODING)

    def all(self, name: str) -> list[str]:
        """Every value of a header that may stand there several times."""
        wanted = name.encode(ENCODING)
        return [value.decode(ENCODING) for each, value in self.raw if each == wanted]

    @property
    def size(self) -> int:
        """Bytes of names and values."""
        return sum([len(name) + len(value) for name, value in self.raw])

    @property
    def announced(self) -> int | None:
        """The body's size by Content-Length, if there is one."""
        text = self.text("content-length")
        return int(text) if text.isascii() and text.isdecimal() else None
