"""Server-sent events, as the HTML standard has them."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from service.domain.jobs import EventPage, JobEvent

EVENT_STREAM = "text/event-stream"
SIGN_OF_LIFE = b": the job goes on\n\n"

EXAMPLE = (
    'id: 2\nevent: epoch\ndata: {"epoch": 1, "epochs": 100, "metrics": {"loss": 1.2}, "seconds": 0.1}\n\n'
    'id: 102\nevent: end\ndata: {"state": "SUCCEEDED", "version": 1}\n\n'
)


async def encoded(first: EventPage, pages: AsyncIterator[EventPage]) -> AsyncIterator[bytes]:
    """Each page's events; a comment for a page that has none."""
    yield _page(first)
    async for page in pages:
        yield _page(page)


def described() -> dict[str, Any]:
    """The stream, in the interface's description."""
    return {
        "description": "Events of the kinds `state`, `epoch` and, once and last, `end`; `id` is the sequence number.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": EXAMPLE}},
    }


def _page(page: EventPage) -> bytes:
    return b"".join(map(_event, page.events)) or SIGN_OF_LIFE


def _event(event: JobEvent) -> bytes:
    data = orjson.dumps(event.data, option=orjson.OPT_NON_STR_KEYS)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.kind.value.encode(), data)
