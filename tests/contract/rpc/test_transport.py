"""The gRPC server's HTTP/2 as its peers see it: narrow windows, broken frames, and an end in good order."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from service.places import listening, port_of
from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE, frame, number
from service.rpc.http2.headers import literal
from service.rpc.http2.messages import packed
from service.rpc.http2.method import Method
from service.rpc.http2.server import Server
from service.rpc.http2.settings import INITIAL_WINDOW_SIZE, packed_settings
from service.rpc.http2.streams import Offer

PATIENCE = 60.0
LIMIT = 8 << 20
CALL = b"".join(
    literal(name, value)
    for name, value in {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/test/Echo",
        "content-type": "application/grpc",
    }.items()
)


class Peer:
    """A server with three methods, on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.begun, self.cancelled, self.go = threading.Event(), threading.Event(), asyncio.Event()
        stream = {"parse": bytes, "serialize": bytes, "requests_stream": True, "responses_stream": True}
        single = {**stream, "requests_stream": False, "responses_stream": False}
        methods = {
            "/test/Echo": Method(self.echo, **single),  # type: ignore[arg-type]  # each has its own type
            "/test/Each": Method(self.each, **stream),  # type: ignore[arg-type]
            "/test/Wait": Method(self.wait, **single),  # type: ignore[arg-type]
        }
        self.server = Server(Offer(methods, LIMIT, 100))
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.port = self.run(self.start()).result(PATIENCE)

    def run(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def start(self) -> int:
        listener = listening("127.0.0.1", 0)
        await self.server.start(listener)
        return port_of(listener)

    async def echo(self, request: bytes, _call: object) -> bytes:
        return request

    async def each(self, requests: Any, call: Any) -> None:
        async for request in requests:
            await call.write(request)

    async def wait(self, request: bytes, _call: object) -> bytes:
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return request


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.run(peer.server.stop(0)).result(PATIENCE)
    peer.loop.call_soon_threadsafe(peer.loop.stop)
    peer.thread.join()
    peer.loop.close()


@pytest.fixture
def channel(peer: Peer) -> Iterator[grpc.Channel]:
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", LIMIT)]
    with grpc.insecure_channel(f"127.0.0.1:{peer.port}", options=options) as channel:
        yield channel


@contextmanager
def spoken(peer: Peer, *frames: bytes) -> Iterator[Iterator[f.Frame]]:
    """What comes back when these frames are sent by hand; it ends where the server closes."""
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + b"".join(frames))
        yield _frames(connection)


def _frames(connection: socket.socket) -> Iterator[f.Frame]:
    with connection.makefile("rb") as received:
        while len(head := received.read(9)) == 9:
            high, low, kind, flags, stream = struct.unpack(">HBBBI", head)
            yield kind, flags, stream, received.read(high << 8 | low)


@pytest.mark.parametrize("size", [0, 1, 100_000, LIMIT])
@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_messages_of_any_size_come_back(channel: grpc.Channel, size: int, compression: grpc.Compression) -> None:
    message = bytes(range(256)) * (size // 256) + b"a" * (size % 256)
    assert channel.unary_unary("/test/Echo")(message, timeout=PATIENCE, compression=compression) == message


def test_a_stream_goes_both_ways_at_once(channel: grpc.Channel) -> None:
    messages = [bytes([number]) * 50_000 for number in range(200)]
    assert list(channel.stream_stream("/test/Each")(iter(messages), timeout=PATIENCE)) == messages


def test_an_answer_waits_until_the_peer_takes_it(peer: Peer) -> None:
    """A window of three bytes, that is opened by three bytes each time."""
    body, answer = packed(b"a" * 20), b""
    settings = frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 3}))
    call = frame(f.HEADERS, f.END_HEADERS, 1, CALL) + frame(f.DATA, f.END_STREAM, 1, body)
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + settings + call)
        for kind, flags, stream, payload in _frames(connection):
            if kind == f.DATA:
                assert len(payload) <= 3
                answer += payload
                connection.sendall(number(f.WINDOW_UPDATE, 1, 3))
            if stream == 1 and flags & f.END_STREAM:
                break
    assert answer == body


STREAM_1 = frame(f.HEADERS, f.END_HEADERS, 1, CALL)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(f.DATA, 0, 1, b"a")], f.PROTOCOL_ERROR),
        ([frame(f.RST_STREAM, 0, 3, bytes(4))], f.PROTOCOL_ERROR),
        ([frame(f.HEADERS, f.END_HEADERS, 2, CALL)], f.PROTOCOL_ERROR),
        ([frame(f.HEADERS, f.END_HEADERS, 1, b"\xff\xff\xff\xff")], f.COMPRESSION_ERROR),
        ([frame(f.HEADERS, 0, 1, CALL), frame(f.PING, 0, 0, bytes(8))], f.PROTOCOL_ERROR),
        ([frame(f.CONTINUATION, 0, 1, CALL)], f.PROTOCOL_ERROR),
        ([STREAM_1, STREAM_1], f.PROTOCOL_ERROR),
        ([frame(f.PUSH_PROMISE, 0, 1)], f.PROTOCOL_ERROR),
        ([frame(f.PING, 0, 0, b"short")], f.FRAME_SIZE_ERROR),
        ([frame(f.SETTINGS, 0, 0, b"short")], f.FRAME_SIZE_ERROR),
        ([number(f.WINDOW_UPDATE, 0, 0)], f.PROTOCOL_ERROR),
        ([number(f.WINDOW_UPDATE, 0, 2**31 - 1)], f.FLOW_CONTROL_ERROR),
        ([STREAM_1, number(f.WINDOW_UPDATE, 1, 2**31 - 1)], f.FLOW_CONTROL_ERROR),
        ([frame(f.HEADERS, 0, 1, CALL), *([frame(f.CONTINUATION, 0, 1, b"\0" * 60_000)] * 2)], f.ENHANCE_YOUR_CALM),
        ([frame(f.SETTINGS, 0, 0)] * 20_000, f.ENHANCE_YOUR_CALM),
        ([STREAM_1, *([frame(f.DATA, 0, 1)] * 20_000)], f.ENHANCE_YOUR_CALM),
        ([frame(f.PRIORITY, 0, 1, bytes(5))] * 20_000, f.ENHANCE_YOUR_CALM),
    ],
)
def test_a_broken_peer_is_told_why_and_left(peer: Peer, frames: list[bytes], code: int) -> None:
    told = None
    try:
        with spoken(peer, *frames) as answers:
            for kind, _flags, _stream, payload in answers:
                if kind == f.GOAWAY:
                    told = struct.unpack(">I", payload[4:8])[0]
    except ConnectionError:  # it had already left, with our frames unread
        return
    assert told == code


def test_frames_of_a_kind_that_nobody_knows_are_let_pass(peer: Peer, channel: grpc.Channel) -> None:
    with spoken(peer, frame(99, 7, 5, b"?"), frame(f.PING, 0, 0, b"and then")) as answers:
        assert any(kind == f.PING and payload == b"and then" for kind, _flags, _stream, payload in answers)
    assert channel.unary_unary("/test/Echo")(b"a", timeout=PATIENCE) == b"a"


def test_the_end_waits_for_what_was_begun_and_takes_no_more(peer: Peer, channel: grpc.Channel) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=PATIENCE)
    assert peer.begun.wait(PATIENCE)
    ended = peer.run(peer.server.stop(PATIENCE))
    echo = channel.unary_unary("/test/Echo")
    while (status := echo.future(b"a", timeout=PATIENCE).code()) is grpc.StatusCode.OK:
        assert not ended.done()
    assert status is grpc.StatusCode.UNAVAILABLE
    assert not ended.done()
    peer.loop.call_soon_threadsafe(peer.go.set)
    assert call.result(PATIENCE) == b"a"
    ended.result(PATIENCE)


def test_what_takes_too_long_is_ended_with_the_server(peer: Peer, channel: grpc.Channel) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=PATIENCE)
    assert peer.begun.wait(PATIENCE)
    peer.run(peer.server.stop(0.1)).result(PATIENCE)
    assert peer.cancelled.is_set()
    assert call.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("end", ["cancel", "deadline", "connection"])
def test_a_method_is_cancelled_when_nobody_waits(peer: Peer, channel: grpc.Channel, end: str) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=0.3 if end == "deadline" else PATIENCE)
    assert peer.begun.wait(PATIENCE)
    if end == "cancel":
        call.cancel()
    if end == "connection":
        channel.close()
    assert peer.cancelled.wait(PATIENCE)
