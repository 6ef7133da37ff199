"""One operation asked for over both protocols: the route with its request, and the method with its message."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from api_schemas.generated import wavetap_pb2 as pb

Known = Mapping[str, str]
"""Identifiers of what earlier steps have made, by names of the story's own: they differ from house to house."""

CHUNK = 1000


@dataclass(frozen=True)
class Ask:
    """A REST request; `{name}` in a path or a value stands for something known."""

    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    key: str | None = None


@dataclass(frozen=True)
class Step:
    """The same over both; `then` runs the queued job, and `names` keeps the answer's identifier under a name."""

    route: str
    method: str
    at: Mapping[str, str]
    ask: Ask
    message: Callable[[Known], Message | Iterator[Message]]
    names: str | None = None
    then: bool = False


def step(
    route: str,
    method: str,
    message: Callable[[Known], Message | Iterator[Message]] | Message,
    ask: Ask | None = None,
    *,
    names: str | None = None,
    then: bool = False,
    **at: str,
) -> Step:
    """A step from what a reader wants to see of it."""
    ready = message if callable(message) else lambda _: message
    return Step(route, method, at, ask or Ask(), ready, names, then)


def upload(content: bytes, **header: Any) -> Callable[[Known], Iterator[Message]]:
    """A file streamed in."""

    def chunks(_: Known) -> Iterator[Message]:
        yield pb.UploadChunk(header=pb.UploadHeader(**header))
        for at in range(0, len(content), CHUNK):
            yield pb.UploadChunk(content=content[at : at + CHUNK])

    return chunks
