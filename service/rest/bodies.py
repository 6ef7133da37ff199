"""Bodies read with a limit, and JSON that is checked before anything looks at it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel
from starlette.requests import Request

from service.edge.lanes import Lane
from service.edge.validation import validated
from service.errors import TooLarge, UnsupportedFormat
from service.rest.problems import Malformed, Stalled

S = TypeVar("S", bound=BaseModel)

SILENCE_SECONDS = 30.0
CRUMBS, CRUMB_BYTES = 1000, 64
"""So many pieces may be smaller than this on average: each costs as much as a large one."""
PARSED_INLINE = 64 << 10
"""Bodies up to this size are parsed where they were read: a thread would cost more than it spares."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; TooLarge as soon as it is known to be."""
    announced = check_announced(request, limit)
    parts, size = [], 0
    async for chunk in chunks(request):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if size == announced:
            break  # and no waiting for word that this was all
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; Stalled if its sender falls silent, Malformed if it sends crumbs."""
    count = size = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Stalled(f"Nothing more of the body came for {SILENCE_SECONDS:.0f} seconds.") from None
        if chunk is None:
            return
        count += 1
        size += len(chunk)
        if count > CRUMBS and size < count * CRUMB_BYTES:
            raise Malformed("The body comes in pieces too small to be taken.")
        yield chunk


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
    """The body as a schema; Malformed if it is not JSON, InvalidRequest if it is other than the schema."""
    check_media_type(request)
    body = await read_body(request, limit)
    if len(body) <= PARSED_INLINE:
        return validated(parsed(body), schema)
    return await lane.run(lambda: validated(parsed(body), schema))


def check_media_type(request: Request) -> None:
    """UnsupportedFormat unless the body says that it is JSON, uncompressed."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedFormat("The body must be JSON and say so: send the header Content-Type: application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedFormat("A compressed body is not taken here: send it without Content-Encoding.")


def parsed(body: bytes | memoryview) -> Any:  # noqa: ANN401  # any JSON
    """The value of strict JSON in UTF-8: no NaN, no Infinity, and at most 1024 levels deep, as orjson has it."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is too large: at most {limit} bytes are taken.")
