"""What a request of the inference protocol holds besides its tensors' bytes, counted on the wire before it is parsed.

A message of 64 MiB holds 32 million empty inputs, which are parsed in four seconds and looked at in thirty more, while
nobody else is answered. One that is large by its tensors has a few dozen fields, so that to go through them costs
nothing.
"""

from collections.abc import Mapping

from api_schemas.generated import inference_pb2 as pb
from service.edge.datatypes import LARGEST_RANK
from service.rpc.codes import StatusCode
from service.rpc.http2.messages import Refused

SMALL_BYTES = 64 << 10
"""Less than this is not looked at: it is parsed in milliseconds, whatever it holds."""
MOST_FIELDS = 1024
LONGEST_VARINT, MORE = 10, 128
VARINT, SIZED, FIXED = 0, 2, {1: 8, 5: 4}
"""How a field lies on the wire: the bytes of a fixed one by its kind. Others belong to groups: nobody sends them."""

LARGEST_SHAPE = 10 * LARGEST_RANK

Nested = Mapping[int, "Nested | int"]
FIELDS: Nested = {5: {3: LARGEST_SHAPE, 5: {}}, 6: {}}
"""The fields that hold fields: inputs, in them their contents, and outputs; and those of so many bytes at most."""


def parsed(message: bytes) -> pb.ModelInferRequest:
    """The request; Refused before it is parsed if it holds too much."""
    if len(message) > SMALL_BYTES:
        _count(message, 0, len(message), FIELDS, 0)
    return pb.ModelInferRequest.FromString(message)


def _count(message: bytes, at: int, end: int, nested: Nested, count: int) -> int:
    """How many fields there are with those of `message[at:end]`; what is no message ends it: the parser will tell."""
    while at < end:
        count += 1
        if count > MOST_FIELDS:
            raise _refused(f"A large request has at most {MOST_FIELDS} fields: send tensors in raw_input_contents.")
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == VARINT:
            _, at = _varint(message, at)
        elif kind == SIZED:
            size, at = _varint(message, at)
            inner = nested.get(field)
            if isinstance(inner, int):
                if size > inner:
                    raise _refused(f"A shape has 1 to {LARGEST_RANK} dimensions.")
            elif inner is not None:
                count = _count(message, at, min(end, at + size), inner, count)
            at += size
        else:
            at += FIXED.get(kind, end)
    return count


def _refused(message: str) -> Refused:
    return Refused(StatusCode.INVALID_ARGUMENT, message)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for place, byte in enumerate(message[at : at + LONGEST_VARINT]):
        value |= (byte & ~MORE) << 7 * place
        if not byte & MORE:
            return value, at + place + 1
    return value, at + LONGEST_VARINT
