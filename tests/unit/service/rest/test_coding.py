"""Compressed bodies are read whole, with nothing behind them, and a bomb takes no more memory than it may."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.edge.inflation import PIECE_BYTES
from service.errors import TooLarge
from service.rest.coding import decompressed
from service.rest.head import Head
from service.rest.problems import Malformed

CODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
MEBIBYTE = 1 << 20


def read(content: bytes, coding: str, limit: int) -> bytes:
    return decompressed(content, Head([(b"content-encoding", coding.encode())]), limit)


@pytest.mark.parametrize("coding", CODINGS)
@given(content=st.binary(max_size=100), copies=st.sampled_from([1, 2, PIECE_BYTES // 50, PIECE_BYTES // 20]))
def test_a_body_comes_back_as_it_was_and_one_byte_more_does_not(coding: str, content: bytes, copies: int) -> None:
    content *= copies
    compressed = CODINGS[coding](content)
    assert read(compressed, coding, len(content)) == content
    if content:
        with pytest.raises(TooLarge):
            read(compressed, coding, len(content) - 1)
    for wrong in (compressed + b"x", compressed[:-1], compressed * 2):
        with pytest.raises(Malformed):
            read(wrong, coding, 3 * len(content) + 9)


@pytest.mark.parametrize("short", range(-3, 20))
def test_a_stream_may_end_wherever_a_piece_does(short: int) -> None:
    content = bytes(range(256)) * (PIECE_BYTES // 256)
    compressed = zlib.compress(content[: PIECE_BYTES - short], 0)
    assert read(compressed, "deflate", PIECE_BYTES) == content[: PIECE_BYTES - short]
    with pytest.raises(Malformed):
        read(compressed + b"x", "deflate", PIECE_BYTES)


def test_row_3_a_bomb_takes_no_more_than_the_limit() -> None:
    bomb, limit = zlib.compress(bytes(100 * MEBIBYTE)), 16 * MEBIBYTE
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            read(bomb, "deflate", limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit + 2 * MEBIBYTE
