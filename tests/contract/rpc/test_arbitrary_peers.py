"""Whatever a peer sends to the gRPC port: what comes back is whole, nothing stays behind, and nobody else notices."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE, Splitter, frame
from service.rpc.http2.headers import literal
from service.rpc.http2.messages import packed
from service.rpc.http2.settings import packed_settings
from tests.http2_peers import PATIENCE, Peer, said

blocks = st.sampled_from(
    [
        *(said(path) for path in ("/test/Echo", "/test/Each", "/test/Wait", "/test/Fail", "/test/Missing")),
        *(said("/test/Each", grpc_timeout=timeout) for timeout in ("0n", "1m", "99999999H", "soon")),
        *(said("/test/Each", grpc_encoding=encoding) for encoding in ("gzip", "deflate", "zstd")),
        said("/test/Echo", content_type="text/plain"),
        literal("x-after", "all"),
        b"\x3f\xe1\x1f\x88",
        b"",
    ]
)
streams = st.sampled_from([1, 1, 1, 3, 3, 5, 7, 0, 2])
numbers = st.sampled_from([0, 1, 5, 100, 16_384, 65_535, 1 << 20, 2**31 - 1, 2**32 - 1])
payloads = st.one_of(
    blocks,
    st.lists(st.binary(max_size=9).map(packed), max_size=3).map(b"".join),
    numbers.map(f.NUMBER.pack),
    st.dictionaries(st.integers(1, 9), numbers, max_size=3).map(packed_settings),
    st.binary(max_size=20),
)
flags = st.sampled_from([0, 0, 0, 1, 1, 4, 5, 5, 8, 9, 12, 32, 36, 255])
heads = st.builds(frame, st.just(f.HEADERS), st.sampled_from([4, 4, 4, 5, 0]), streams, blocks)
anything = st.builds(frame, st.integers(0, 12), flags, streams, payloads)
sayings = st.lists(st.one_of(heads, anything), max_size=20).map(b"".join)


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[Peer, list[object]]]:
    """A peer for all examples, and whatever its loop had to complain of."""
    peer = Peer()
    complaints: list[object] = []
    peer.loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    yield peer, complaints
    peer.end()


async def left_behind(peer: Peer) -> list[object]:
    """Connections, tasks and timers that are there after what has ended had time to go."""
    others: set[asyncio.Task[object]] = set()
    for _ in range(100_000):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not others and not peer.server._connections:
            break
        await asyncio.sleep(0)
    timers = [timer for timer in peer.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    return [*others, *peer.server._connections, *timers]


@settings(max_examples=150, deadline=None)
@given(said=sayings, cut=st.integers(0, 30))
def test_whatever_is_said_the_answer_is_whole_and_nothing_stays(
    lasting: tuple[Peer, list[object]], said: bytes, cut: int
) -> None:
    peer, complaints = lasting
    splitter = Splitter()
    list(splitter.split(PREFACE))
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + said[: len(said) - cut])
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 16):
            list(splitter.split(data))
        assert not splitter._rest
    assert peer.run(left_behind(peer)).result(PATIENCE) == []
    assert [each for each in complaints if "never retrieved" not in str(each)] == []


def test_nobody_else_has_noticed(lasting: tuple[Peer, list[object]]) -> None:
    peer, _ = lasting
    with grpc.insecure_channel(f"127.0.0.1:{peer.port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        assert channel.unary_unary("/test/Echo")(b"a", timeout=PATIENCE) == b"a"
