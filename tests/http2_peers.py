"""A gRPC transport with a few methods, and what peers that write their frames by hand need to speak with it."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

import grpc
from hpack import Decoder

from service.places import listening, port_of
from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE
from service.rpc.http2.headers import literal
from service.rpc.http2.method import Method
from service.rpc.http2.server import Server
from service.rpc.http2.streams import Offer

PATIENCE = 60.0
LIMIT = 8 << 20
CALLS = 100
UNENDED = 2 * LIMIT


def said(path: str, **more: str) -> bytes:
    """The header block of a call."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, "content-type": "application/grpc"}
    return b"".join(literal(name.replace("_", "-"), value) for name, value in {**fields, **more}.items())


CALL = said("/test/Echo")


class Peer:
    """A server with a few methods, on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.begun, self.cancelled, self.go = threading.Event(), threading.Event(), asyncio.Event()
        stream = {"parse": bytes, "serialize": bytes, "requests_stream": True, "responses_stream": True}
        single = {**stream, "requests_stream": False, "responses_stream": False}
        methods = {
            "/test/Echo": Method(self.echo, **single),  # type: ignore[arg-type]  # each has its own type
            "/test/Each": Method(self.each, **stream),  # type: ignore[arg-type]
            "/test/Wait": Method(self.wait, **single),  # type: ignore[arg-type]
            "/test/Stay": Method(self.stay, **single),  # type: ignore[arg-type]
            "/test/Fail": Method(self.fail, **single),  # type: ignore[arg-type]
        }
        self.server = Server(Offer(methods, LIMIT, CALLS, UNENDED))
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.port = self.run(self.start()).result(PATIENCE)

    def run(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def start(self) -> int:
        listener = listening("127.0.0.1", 0)
        await self.server.start(listener)
        return port_of(listener)

    def end(self) -> None:
        self.run(self.server.stop(0)).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

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

    async def stay(self, request: bytes, _call: object) -> bytes:
        with suppress(asyncio.CancelledError):
            await self.go.wait()
        await self.go.wait()
        return request

    async def fail(self, request: bytes, _call: object) -> bytes:
        raise ValueError(request)


@contextmanager
def spoken(peer: Peer, *frames: bytes) -> Iterator[Iterator[f.Frame]]:
    """What comes back when these frames are sent by hand; it ends where the server closes."""
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + b"".join(frames))
        yield frames_of(connection)


def frames_of(connection: socket.socket) -> Iterator[f.Frame]:
    with connection.makefile("rb") as received:
        while len(head := received.read(9)) == 9:
            high, low, kind, flags, stream = struct.unpack(">HBBBI", head)
            yield kind, flags, stream, received.read(high << 8 | low)


def told(answers: Iterator[f.Frame], stream: int) -> dict[str, str]:
    """The trailers of a stream, and all that stands before them."""
    decoder, fields = Decoder(), {}
    for kind, flags, its, payload in answers:
        if kind == f.HEADERS:
            fields |= dict(decoder.decode(payload)) if its == stream else {}
            if its == stream and flags & f.END_STREAM:
                break
    return fields


def status_of(answers: Iterator[f.Frame], stream: int) -> grpc.StatusCode:
    number = int(told(answers, stream)["grpc-status"])
    return next(status for status in grpc.StatusCode if status.value[0] == number)
