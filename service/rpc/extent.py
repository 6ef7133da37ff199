"""What a request holds besides its tensors' bytes, counted on the wire before it is parsed.

A message of 64 MiB holds 32 million empty inputs, which are parsed in four seconds and looked at in thirty more, while
nobody else is answered. One that is large by its tensors has a few dozen fields, so that to go through them costs
nothing; and methods that take neither tensors nor files have no large requests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from service.edge.datatypes import LARGEST_RANK
from service.rpc.codes import StatusCode
from service.rpc.http2.messages import Refused

SMALL_BYTES = 64 << 10
"""Less than this is not looked at: it is parsed in milliseconds, whatever it holds."""
LARGEST_PLAIN = 1 << 20
"""Bytes of a request that holds neither tensors nor a file."""
LONGEST_VARINT, MORE = 10, 128
VARINT, SIZED, FIXED = 0, 2, {1: 8, 5: 4}
"""How a field lies on the wire: the bytes of a fixed one by its kind. Others belong to groups: nobody sends them."""

Nested = Mapping[int, "Nested | int"]
"""Which fields hold fields, and which have at most so many bytes."""


@dataclass(frozen=True)
class Extent:
    """How many fields a large request has at most, those in fields that hold some included."""

    fields: int
    nested: Nested
    instead: str


LARGEST_SHAPE = LONGEST_VARINT * LARGEST_RANK
TENSORS = Extent(1 << 10, {5: {3: LARGEST_SHAPE, 5: {}}, 6: {}}, "send tensors in raw_input_contents")
"""Inputs, of them shapes and contents, and outputs."""
CASES = Extent(1 << 17, {3: {}}, "send fewer cases at a time, or tensors by the inference protocol")
"""Cases, and of them channels."""
PIECE = Extent(1 << 10, {}, "send the file's bytes as its content")

EXTENTS: Mapping[str, Extent] = {
    "inference.ModelInferRequest": TENSORS,
    "wavetap.v1.PredictRequest": CASES,
    "wavetap.v1.UploadChunk": PIECE,
}
"""Of the requests that may be large."""


def parser(request: Descriptor) -> Callable[[bytes], Any]:
    """What parses a method's requests, and raises Refused before it does if one holds too much."""
    parse, extent = GetMessageClass(request).FromString, EXTENTS.get(request.full_name)

    def parsed(message: bytes) -> Any:  # noqa: ANN401  # any message of any service
        size = len(message)
        if size > SMALL_BYTES:
            if extent is None and size > LARGEST_PLAIN:
                text = f"A request of this method has at most {LARGEST_PLAIN} bytes; this one has {size}."
                raise Refused(StatusCode.RESOURCE_EXHAUSTED, text)
            if extent is not None and _left(message, 0, size, extent.nested, extent.fields) < 0:
                text = f"A large request has at most {extent.fields} fields, and shapes of at most {LARGEST_RANK}"
                raise Refused(StatusCode.INVALID_ARGUMENT, f"{text} dimensions: {extent.instead}.")
        return parse(message)

    return parsed


def _left(message: bytes, at: int, end: int, nested: Nested, left: int) -> int:
    """How many fields may still come behind those of `message[at:end]`; -1 as soon as there are too many.

    What is no message ends it: the parser will tell.
    """
    while at < end and left >= 0:
        left -= 1
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == VARINT:
            _, at = _varint(message, at)
        elif kind == SIZED:
            size, at = _varint(message, at)
            inner = nested.get(field)
            if isinstance(inner, int):
                left = left if size <= inner else -1
            elif inner is not None:
                left = _left(message, at, min(end, at + size), inner, left)
            at += size
        else:
            at += FIXED.get(kind, end)
    return left


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for place, byte in enumerate(message[at : at + LONGEST_VARINT]):
        value |= (byte & ~MORE) << 7 * place
        if not byte & MORE:
            return value, at + place + 1
    return value, at + LONGEST_VARINT
