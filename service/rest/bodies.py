"""Bodies read with a limit, and JSON that is checked before anything looks at it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.edge.lanes import Lane
from service.errors import DETAILS_LISTED, Detail, InvalidRequest, TooLarge, UnsupportedFormat
from service.rest.problems import Malformed, Stalled

S = TypeVar("S", bound=BaseModel)

SILENCE_SECONDS = 30.0
CRUMBS, CRUMB_BYTES = 1000, 64
"""So many pieces may be smaller than this on average: each costs as much as a large one."""
WORDS: Mapping[str, str] = dict.fromkeys(
    ("model_type", "model_attributes_type", "dict_type"), "Input should be a JSON object"
)
"""Instead of pydantic's, which name classes."""
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


def validated(value: object, schema: type[S]) -> S:
    """The value as a schema, or InvalidRequest with the first faults; nothing of the value is echoed."""
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise refusal([_translated(fault, value) for fault in faults]) from None


def _translated(fault: Any, value: object) -> dict[str, Any]:  # noqa: ANN401  # pydantic's own
    """A fault in the words of JSON, at a place that is in the body: pydantic also names branches of its unions."""
    place: list[int | str] = []
    for part in fault["loc"]:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            break
        place.append(part)
    return {"loc": tuple(place), "msg": WORDS.get(fault["type"], fault["msg"])}


def refusal(faults: list[Any]) -> InvalidRequest:
    """An error from pydantic's list of faults."""
    details = [Detail(pointer(fault["loc"]), f"{fault['msg']}.") for fault in faults[:DETAILS_LISTED]]
    where = f" at {details[0].pointer}" if details[0].pointer else ""
    return InvalidRequest(f"The request is not valid{where}: {details[0].detail}", *details)


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901) from a path of keys and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is too large: at most {limit} bytes are taken.")
