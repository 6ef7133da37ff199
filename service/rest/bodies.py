"""Bodies read with a limit, and JSON that is checked before anything looks at it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from service.edge.lanes import Lane
from service.edge.validation import validated
from service.errors import TooLarge, UnsupportedFormat
from service.rest.extent import check_extent
from service.rest.members import each_once
from service.rest.problems import Malformed, Stalled

S = TypeVar("S", bound=BaseModel)

SILENCE_SECONDS = 30.0
CRUMBS, CRUMB_BYTES = 1000, 64
"""So many pieces may be smaller than this on average: each costs as much as a large one."""
PARSED_INLINE = 64 << 10
"""Bodies up to this size are parsed where they were read: a thread would cost more than it spares."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; TooLarge as soon as it is known to be."""
    return await whole_body(request.receive, check_announced(request, limit), limit)


async def whole_body(receive: Receive, announced: int | None, limit: int) -> bytes:
    """The whole body of a request that announced its size, or did not; TooLarge as soon as it is known to be."""
    if announced is not None and announced > limit:
        raise _too_large(limit)
    first = await _next(receive)
    if not first.get("more_body"):
        return _within(limit, first.get("body", b""))
    parts, size = [], 0
    async for chunk in _chunks(receive, first):
        parts.append(_within(limit - size, chunk, limit))
        size += len(chunk)
        if size == announced:
            break  # and no waiting for word that this was all
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def body_there(receive: Receive, limit: int) -> bytes:
    """The same of a body that has been received already, so that nothing need be waited for."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return _within(limit, message.get("body", b""))


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; Stalled if its sender falls silent, Malformed if it sends crumbs."""
    async for chunk in _chunks(request.receive, await _next(request.receive)):
        yield chunk


async def _chunks(receive: Receive, message: Message) -> AsyncIterator[bytes]:
    """The same, from a first message on."""
    count = size = 0
    while True:
        chunk = message.get("body", b"")
        if chunk:
            count += 1
            size += len(chunk)
            if count > CRUMBS and size < count * CRUMB_BYTES:
                raise Malformed("The body comes in pieces too small to be taken.")
            yield chunk
        if not message.get("more_body"):
            return
        message = await _next(receive)


async def _next(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            message = await receive()
    except TimeoutError:
        raise Stalled(f"Nothing more of the body came for {SILENCE_SECONDS:.0f} seconds.") from None
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message


async def bounded(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """The same chunks, until they are more bytes than allowed."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def check_announced(request: Request, limit: int) -> int | None:
    """The Content-Length, if there is one; TooLarge if that is too much, before the first byte."""
    announced = announced_size(request)
    if announced is not None and announced > limit:
        raise _too_large(limit)
    return announced


def announced_size(request: Request) -> int | None:
    """The Content-Length, if there is one."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() else None


async def read_json(request: Request, schema: type[S], limit: int, lane: Lane) -> S:
    """The body as a schema; InvalidRequest if it is other than the schema.

    Malformed if it is not JSON, or names a member of an object twice.
    """
    check_media_type(request)
    body = await read_body(request, limit)
    if len(body) <= PARSED_INLINE:
        return validated(each_once(body, parsed(body)), schema)
    return await lane.run(lambda: validated(each_once(body, parsed(body)), schema))


def check_media_type(request: Request) -> None:
    """UnsupportedFormat unless the body says that it is JSON, uncompressed."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedFormat("The body must be JSON and say so: send the header Content-Type: application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedFormat("A compressed body is not taken here: send it without Content-Encoding.")


def parsed(body: bytes | memoryview) -> Any:  # noqa: ANN401  # any JSON
    """The value of strict JSON in UTF-8: no NaN, no Infinity, and at most 1024 levels deep, as orjson has it."""
    check_extent(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None


def _within(left: int, chunk: bytes, limit: int | None = None) -> bytes:
    """The chunk, if no more bytes than are left of the limit."""
    if len(chunk) > left:
        raise _too_large(left if limit is None else limit)
    return chunk


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is too large: at most {limit} bytes are taken.")
