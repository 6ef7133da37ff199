"""NumPy's array format, its header read by pattern: nothing in an upload is ever evaluated or unpickled.

The header is a dictionary in Python's notation (numpy.lib.format, versions 1.0 to 3.0); three keys are looked for and
whatever is not an array of plain numbers or texts is refused by its type's name.
"""

import math
import re
import struct
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.arrays import Array
from service.errors import UnsupportedFormat
from service.ingest.faults import fault, quote

MAGIC = b"\x93NUMPY"
HEADER_BYTES = 4096
DESCRIPTION = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>=|])([a-zA-Z?])(\d*)['"]""")
ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(\s*((?:\d{1,19}L?\s*,?\s*)*)\)""")
SIZES: Mapping[str, Container[int]] = {
    "b": {1},
    "i": {1, 2, 4, 8},
    "u": {1, 2, 4, 8},
    "f": {2, 4, 8},
    "U": range(1, 1025),
    "S": range(1, 4097),
}
DIMENSIONS = 3


@dataclass(frozen=True)
class ArrayHeader:
    """What an array's header declares; `size` is the header's own length in bytes."""

    dtype: np.dtype[Any]
    fortran: bool
    shape: tuple[int, ...]
    size: int

    @property
    def bytes(self) -> int:
        """The bytes of the values, however absurd the shape is."""
        return math.prod(self.shape) * self.dtype.itemsize


class ByteStream:
    """Blocks of bytes, taken in whatever pieces are asked for."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._pending = b""

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        pieces, have = [self._pending], len(self._pending)
        while have < count and (block := next(self._blocks, None)) is not None:
            pieces.append(block)
            have += len(block)
        joined = b"".join(pieces)
        self._pending = joined[count:]
        return joined[:count]


def read_header(stream: ByteStream, place: str, declared: int) -> ArrayHeader:
    """Read an array's header from a stream of `declared` bytes in all; refuse what is not whole or not plain."""
    prefix = stream.take(len(MAGIC) + 2)
    if prefix[:-2] != MAGIC or prefix[-2] not in {1, 2, 3}:
        raise fault(place, "It does not begin as an array of NumPy's does.")
    width, form = (2, "<H") if prefix[-2] == 1 else (4, "<I")
    raw = stream.take(width)
    length = struct.unpack(form, raw)[0] if len(raw) == width else 0
    if not 0 < length <= HEADER_BYTES:
        raise fault(place, f"The array's header is cut off, or longer than {HEADER_BYTES} bytes.")
    text = stream.take(length).decode("latin-1")
    order, shape = ORDER.search(text), SHAPE.search(text)
    dtype = _parse_type(text, place)
    if order is None or shape is None:
        raise fault(place, "The array's header declares no shape or no order.")
    sizes = tuple(int(size) for size in re.findall(r"\d+", shape[1]))
    header = ArrayHeader(dtype, order[1] == "True", sizes, len(prefix) + width + length)
    if header.bytes + header.size != declared:
        there = declared - header.size
        raise fault(place, f"An array of shape {quote(str(sizes))} takes {header.bytes} bytes; there are {there}.")
    return header


def read_blocks(stream: ByteStream, header: ArrayHeader, block_bytes: int = 8 << 20) -> Iterator[Array]:
    """Yield the values in blocks along the axis that is outermost in memory: the last one in Fortran's order."""
    shape = header.shape[::-1] if header.fortran else header.shape
    inner = math.prod(shape[1:]) * header.dtype.itemsize
    rows = max(1, block_bytes // max(1, inner))
    for start in range(0, shape[0], rows):
        count = min(rows, shape[0] - start)
        raw = stream.take(count * inner)
        block = np.frombuffer(raw, header.dtype, count=count * math.prod(shape[1:])).reshape(count, *shape[1:])
        yield block.T if header.fortran else block
    stream.take(1)  # nothing is left, but what comes behind the last byte is the check of its sum


def _parse_type(text: str, place: str) -> np.dtype[Any]:
    """The type of plain numbers or texts; UnsupportedFormat for objects, which are pickles, and records."""
    match = DESCRIPTION.search(text)
    kind, size = (match[2], int(match[3] or 0)) if match else ("", 0)
    if kind == "O":
        message = f"At {place}: it holds Python objects, which are never loaded; save plain numbers or texts."
        raise UnsupportedFormat(message)
    if match is None or size not in SIZES.get(kind, ()):
        raise UnsupportedFormat(f"At {place}: its type is none of integers, floats up to 64 bits, booleans and texts.")
    return np.dtype(f"{match[1]}{kind}{size}")
