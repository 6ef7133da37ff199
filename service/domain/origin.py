"""Where work comes from: the request that asked for it, told in logs and traces however far away it is done."""

import re
from contextvars import ContextVar
from dataclasses import dataclass

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(slots=True, unsafe_hash=True)  # not frozen: one is made for each request
class Origin:
    """A request's id, and its place in a trace as W3C's `traceparent` has it."""

    request_id: str
    traceparent: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """What log lines say of it."""
        if self.traceparent is None:
            return {"request_id": self.request_id}
        return {"request_id": self.request_id, "trace_id": self.traceparent.split("-")[1]}


CURRENT: ContextVar[Origin | None] = ContextVar("origin", default=None)
"""The request that is being answered here."""


def traceparent(given: str | None) -> str | None:
    """The header's value if it is one; anything else is as if it were not there, as W3C wants it."""
    return given if given is not None and TRACEPARENT.fullmatch(given) else None
