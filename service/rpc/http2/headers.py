"""Header blocks: what a call's head says, and the heads and trailers of answers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from hpack import Decoder, HPACKError
from hpack.hpack import encode_integer
from hpack.table import HeaderTable

from service.rpc.codes import StatusCode
from service.rpc.http2.frames import COMPRESSION_ERROR, Broken

LARGEST_LIST = 16 << 10
"""Bytes of a call's headers, as HPACK counts them; one that has more is refused."""
LARGEST_READ = 64 << 10
"""What is read of them all the same, as the calls beside it refer to the same table; more ends the connection."""
REMEMBERED = 256
REMEMBERED_BYTES = 1 << 10
"""Header blocks of a connection: a client says the same with each call, in the same few bytes."""

TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])")
SECONDS: Mapping[str, float] = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}

CONTENT_TYPE = "application/grpc"
SPOKEN = re.compile(r"application/grpc([+;]|$)")
LENGTH_BITS = 7
ENTRY_BYTES = 32
"""What a field counts in HPACK beside its name and value."""
PLAIN = "".join(chr(byte) for byte in range(0x20, 0x7F) if chr(byte) != "%")
LARGEST_SENTENCE = 4 << 10
"""Bytes of a status's message: clients refuse trailers of more than eight kilobytes."""
BINARY = "-bin"
"""The end of the names whose values are bytes; no method reads such."""


@dataclass(frozen=True, eq=False, slots=True)
class Head:
    """What a call says before its first message; a `fault` is why it is none.

    `foreign` is a request of HTTP that is no gRPC, `large` a call that says too much.
    """

    path: str
    metadata: Mapping[str, str]
    timeout: float | None = None
    encoding: str = "identity"
    fault: str | None = None
    foreign: bool = False
    large: bool = False


class HeadReader:
    """Reads a connection's header blocks, which refer to earlier ones; a block that changes nothing is read once."""

    def __init__(self) -> None:
        """Begin with an empty table."""
        self._decoder = Decoder(LARGEST_READ)
        self._seen: dict[bytes, Head] = {}

    def read(self, block: bytes) -> Head:
        """The head; Broken if the block is none, as then no later one can be read either."""
        seen = self._seen.get(block)
        if seen is not None:
            return seen
        table = self._decoder.header_table
        before, newest = (table.maxsize, len(table.dynamic_entries)), _newest(table)
        try:
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._fields(block)]
        except (HPACKError, IndexError) as error:
            raise Broken(COMPRESSION_ERROR, "The headers cannot be read, or are too large.") from error
        head = _head(fields)
        if sum(len(name) + len(value) + ENTRY_BYTES for name, value in fields) > LARGEST_LIST:
            head = replace(head, large=True)
        unchanged = (table.maxsize, len(table.dynamic_entries)) == before and _newest(table) is newest
        if not unchanged or len(self._seen) >= REMEMBERED:
            self._seen.clear()
        if unchanged and len(block) <= REMEMBERED_BYTES:
            self._seen[block] = head
        return head

    def _fields(self, block: bytes) -> Iterable[tuple[bytes, bytes]]:
        return self._decoder.decode(block, raw=True)


def _newest(table: HeaderTable) -> tuple[bytes, bytes] | None:
    """The field that was added last: with every change of the table's contents it is another object."""
    return table.dynamic_entries[0] if table.dynamic_entries else None


def _head(fields: Iterable[tuple[str, str]]) -> Head:
    pseudo: dict[str, str] = {}
    metadata: dict[str, str] = {}
    for name, value in fields:
        if name.startswith(":"):
            if metadata or name in pseudo:
                return Head("", {}, fault="Pseudo-header fields stand first, and once.")
            pseudo[name] = value
        elif name != name.lower():
            return Head("", {}, fault="Names of header fields are in lower case.")
        elif not name.endswith(BINARY):
            metadata[name] = value
    if ":path" not in pseudo:
        return Head("", {}, fault="A call goes to a path.")
    if pseudo.get(":method") != "POST" or not SPOKEN.match(metadata.get("content-type", "")):
        return Head("", {}, fault=f"A call is a POST of {CONTENT_TYPE}.", foreign=True)
    said, timeout = metadata.get("grpc-timeout"), None
    if said is not None:
        found = TIMEOUT.fullmatch(said)
        if found is None:
            return Head("", {}, fault="grpc-timeout is a whole number and a unit.")
        timeout = int(found[1]) * SECONDS[found[2]]
    return Head(pseudo[":path"], metadata, timeout, metadata.get("grpc-encoding", "identity"))


def literal(name: str, value: str) -> bytes:
    """A field that leaves no trace in the peer's table, as plain text."""
    return b"\0" + _counted(name.encode("ascii")) + _counted(value.encode("ascii"))


def _counted(text: bytes) -> bytes:
    return bytes(encode_integer(len(text), LENGTH_BITS)) + text


OPENING: Final = b"".join(
    (b"\x88", literal("content-type", CONTENT_TYPE), literal("grpc-accept-encoding", "identity,deflate,gzip"))
)
"""The head of every answer: status 200, as gRPC's own comes last."""
UNSUPPORTED: Final = literal(":status", "415")
"""The whole answer to who does not speak gRPC."""
_ENDINGS: Final = {status: literal("grpc-status", str(status.value)) for status in StatusCode}


def ending(status: StatusCode, message: str, metadata: Iterable[tuple[str, str]]) -> bytes:
    """The trailers of an answer."""
    block = _ENDINGS[status]
    if message:
        block += literal("grpc-message", _percent_encoded(message))
    return b"".join((block, *(literal(name, value) for name, value in metadata)))


def _percent_encoded(message: str) -> str:
    """Printable ASCII as it is, all other bytes of its UTF-8 as %XX; the end of what is too long is left out."""
    message = message[:LARGEST_SENTENCE]
    while len(said := quote(message, safe=PLAIN, errors="replace")) > LARGEST_SENTENCE:
        message = message[: len(message) * LARGEST_SENTENCE // len(said)]
    return said
