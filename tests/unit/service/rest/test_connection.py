"""A head without end, or without haste, closes its connection; bodies and kept connections are let be."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from service.rest import connection
from service.rest.connection import LARGEST_HEAD, BoundedConnection

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def talked(talk: Talk) -> bytes:
    """What a client reads that talks so to an application that reads its body and answers `fine`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await PlainTextResponse("fine")(scope, receive, send)

    async def run() -> bytes:
        configuration = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        configuration.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: BoundedConnection(config=configuration, server_state=state, app_state={}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            try:
                return await asyncio.wait_for(talk(reader, writer), 10)
            finally:
                writer.close()

    return asyncio.run(run())


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("beginning", [b"", b"G", GET, GET + b"X-Half: "])
def test_a_head_that_does_not_come_to_its_end_is_not_awaited_for_ever(beginning: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(beginning)
        return await to_the_end(reader)

    assert talked(talk) == b""


@pytest.mark.usefixtures("hurried")
def test_a_body_may_take_longer_than_a_head_and_so_may_a_pause_between_requests() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET + b"Content-Length: 4\r\n\r\nab")
        await asyncio.sleep(0.15)
        writer.write(b"cd")
        first = await reader.readuntil(b"fine")
        await asyncio.sleep(0.15)
        writer.write(GET + b"Connection: close\r\n\r\n")
        return first + await to_the_end(reader)

    assert talked(talk).count(b"200 OK") == 2


def test_a_body_in_pieces_of_a_byte_is_refused_before_its_end() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            writer.write(b"1\r\nx\r\n" * 1000)
            await asyncio.sleep(0)
        return await to_the_end(reader)

    assert talked(talk)[:12] in {b"HTTP/1.1 400", b""}


def test_a_body_in_pieces_of_some_size_is_taken() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            writer.write((b"40\r\n" + b"x" * 64 + b"\r\n") * 100)
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        return await to_the_end(reader)

    assert b"200 OK" in talked(talk)


def test_a_head_without_end_is_refused() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET + b"X: ")
        for _ in range(LARGEST_HEAD // 1024 + 1):
            writer.write(b"x" * 1024)
            await asyncio.sleep(0)
        return await to_the_end(reader)

    assert talked(talk)[:12] in {b"HTTP/1.1 431", b""}
