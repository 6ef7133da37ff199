"""What was compressed by gzip or deflate, in no more memory than it may take."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

CONTAINERS: Mapping[str, int] = {"gzip": 31, "deflate": 15}
"""zlib's names of the two formats."""
PIECE_BYTES = 1 << 18
"""zlib holds twice what it is asked for at once."""


def inflated(content: bytes, coding: str, limit: int) -> bytes | None:
    """The content; None as soon as it is more than `limit` bytes; zlib.error if it is no single and whole stream."""
    inflater = zlib.decompressobj(CONTAINERS[coding])
    pieces, size = [], 0
    for piece in _pieces(inflater, content):
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
    if not inflater.eof or inflater.unused_data:
        raise zlib.error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _pieces(inflater: Any, content: bytes) -> Iterator[bytes]:  # noqa: ANN401  # zlib does not export its type
    """Piece by piece to the end of the stream; what stands behind it is left with the inflater."""
    for start in range(0, len(content), PIECE_BYTES):
        left = content[start : start + PIECE_BYTES]
        while left and not inflater.eof:
            yield inflater.decompress(left, PIECE_BYTES)
            left = inflater.unconsumed_tail
        if inflater.eof:
            inflater.decompress(content[start + PIECE_BYTES : start + PIECE_BYTES + 1])
            return
    yield inflater.flush()
