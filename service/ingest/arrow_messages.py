"""Arrow's messages, looked through before any is expanded: a compressed buffer says in eight bytes how large it gets.

pyarrow expands whatever a message declares, so that 30 KB can become gigabytes. The tables read here are those of
Arrow's Message.fbs; pyarrow has verified the flatbuffer by the time it hands out its bytes.
"""

import struct
from typing import BinaryIO

import pyarrow as pa

from service.domain.datasets import Limits
from service.errors import Unreadable
from service.ingest.expansion import check_expansion

DICTIONARY_BATCH, RECORD_BATCH = 2, 3
PREFIX = 8
UNCOMPRESSED = -1
FILE_MAGIC = b"ARROW1"
FILE_START = 8


def start_of_stream(file: BinaryIO) -> int:
    """Where the messages begin: an Arrow file is a stream between two magics, and it must have the last one too."""
    file.seek(0)
    if file.read(len(FILE_MAGIC)) != FILE_MAGIC:
        return 0
    file.seek(-len(FILE_MAGIC), 2)
    if file.read() != FILE_MAGIC:
        raise Unreadable("The Arrow file does not end as one; it was cut off.")
    return FILE_START


def check_messages(file: BinaryIO, start: int, limits: Limits) -> None:
    """TooLarge if the batches that follow `start` expand to more than the limits allow."""
    size = file.seek(0, 2)
    file.seek(start)
    expanded = 0
    for message in pa.ipc.MessageReader.open_stream(pa.PythonFile(file, mode="r")):
        expanded += _expanded(message)
        check_expansion(size, expanded, limits)


def _expanded(message: object) -> int:
    """The bytes that a message's buffers take once they are expanded."""
    metadata, body = message.metadata, message.body  # type: ignore[attr-defined]  # pyarrow publishes no types
    if body is None:
        return 0
    table = _Table(metadata.to_pybytes())
    try:
        kind, header = table.byte(1), table.table(2)
        batch = header.table(1) if kind == DICTIONARY_BATCH else header
        if kind not in {DICTIONARY_BATCH, RECORD_BATCH} or not batch.has(3):
            return len(body)
        return sum(_buffer(memoryview(body), offset, length) for offset, length in batch.pairs(2))
    except (struct.error, IndexError) as error:
        raise Unreadable("The Arrow file has a broken message.") from error


def _buffer(body: memoryview, offset: int, length: int) -> int:
    """The expanded size that stands before a compressed buffer."""
    if length < PREFIX:
        return 0
    (size,) = struct.unpack_from("<q", body, offset)
    return length if size == UNCOMPRESSED else max(int(size), 0)


class _Table:
    """A table of a flatbuffer: fields are found by their ids, through the table of offsets before it."""

    def __init__(self, raw: bytes, place: int | None = None) -> None:
        self._raw = raw
        self._place = struct.unpack_from("<I", raw, 0)[0] if place is None else place

    def has(self, field: int) -> bool:
        """Whether the field is present."""
        return self._at(field) is not None

    def byte(self, field: int) -> int:
        """An unsigned byte, zero by default."""
        place = self._at(field)
        return 0 if place is None else self._raw[place]

    def table(self, field: int) -> "_Table":
        """A table within this one."""
        return _Table(self._raw, self._target(field))

    def pairs(self, field: int) -> list[tuple[int, int]]:
        """A vector of structs of two int64."""
        start = self._target(field)
        (count,) = struct.unpack_from("<I", self._raw, start)
        return [struct.unpack_from("<qq", self._raw, start + 4 + 16 * index) for index in range(count)]

    def _at(self, field: int) -> int | None:
        offsets = self._place - int(struct.unpack_from("<i", self._raw, self._place)[0])
        (size,) = struct.unpack_from("<H", self._raw, offsets)
        if 4 + 2 * field >= size:
            return None
        (offset,) = struct.unpack_from("<H", self._raw, offsets + 4 + 2 * field)
        return self._place + int(offset) if offset else None

    def _target(self, field: int) -> int:
        place = self._at(field)
        if place is None:
            raise IndexError(field)
        return place + int(struct.unpack_from("<I", self._raw, place)[0])
