"""Server-sent events as a client reads them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Event:
    """One entry of a job's story; `kind` is state, epoch or end."""

    sequence: int
    kind: str
    data: dict[str, Any]


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Read server-sent events out of the bytes of a stream; comments and unknown fields are passed over."""
    fields: dict[str, str] = {}
    for line in _lines(chunks):
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif "data" in fields and not line:
            yield Event(int(fields.get("id", 0)), fields.get("event", "message"), orjson.loads(fields["data"]))
            fields = {}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines end at line feeds only: httpx's own would also cut at characters that may stand in a message."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode().removesuffix("\r") for line in lines)
