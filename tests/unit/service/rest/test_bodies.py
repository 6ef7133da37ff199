"""Bodies are read up to their limit, and senders that stall or crumble are not waited for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from service.edge.validation import pointer, validated
from service.errors import InvalidRequest, TooLarge
from service.rest import bodies
from service.rest.bodies import chunks, read_body
from service.rest.problems import Malformed, Stalled


def request(stream: AsyncIterator[bytes], **headers: str) -> Request:
    """A request whose body comes in these pieces."""

    async def receive() -> Message:
        piece = await anext(stream, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return Request({"type": "http", "headers": Headers(headers).raw}, receive)


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_body_is_read_up_to_its_limit() -> None:
    assert asyncio.run(read_body(request(pieces(b"ab", b"cd")), 4)) == b"abcd"
    with pytest.raises(TooLarge):
        asyncio.run(read_body(request(pieces(b"ab", b"cde")), 4))


def test_an_announced_size_is_refused_before_anything_is_read() -> None:
    async def never() -> AsyncIterator[bytes]:
        pytest.fail("it was read")
        yield b""

    with pytest.raises(TooLarge):
        asyncio.run(read_body(request(never(), **{"content-length": "5"}), 4))


def test_a_sender_that_falls_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SILENCE_SECONDS", 0.01)

    async def silent() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    with pytest.raises(Stalled):
        asyncio.run(read_body(request(silent()), 4))


def test_a_sender_that_goes_away_is_told_from_one_that_has_finished() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        asyncio.run(read_body(Request({"type": "http", "headers": []}, gone), 4))


def test_crumbs_are_refused_before_the_end() -> None:
    taken = 0

    async def crumbs() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1_000_000):
            taken += 1
            yield b"x"

    async def read() -> None:
        async for _ in chunks(request(crumbs())):
            pass

    with pytest.raises(Malformed):
        asyncio.run(read())
    assert taken < 2000


@pytest.mark.parametrize(
    ("location", "expected"), [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "c~d"), "/a~1b/c~0d")]
)
def test_pointers_are_escaped(location: tuple[Any, ...], expected: str) -> None:
    assert pointer(location) == expected


class Part(BaseModel):
    size: int


class Whole(BaseModel):
    version: int | str
    parts: list[Part]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"version": None, "parts": []}, ["/version", "/version"]),
        ({"version": 1}, ["/parts"]),
        ({"version": 1, "parts": [{"size": 1}, {"size": "x"}]}, ["/parts/1/size"]),
        ({"version": 1, "parts": [{"size": 1}, {}]}, ["/parts/1/size"]),
        ([], [""]),
    ],
)
def test_a_fault_is_placed_in_the_body_and_not_in_its_schema(body: object, places: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validated(body, Whole)
    assert [detail.pointer for detail in refused.value.details] == places


@pytest.mark.parametrize("body", [[], "text", None, 1])
def test_no_class_of_ours_is_named(body: object) -> None:
    with pytest.raises(InvalidRequest, match="a JSON object"):
        validated(body, Whole)
