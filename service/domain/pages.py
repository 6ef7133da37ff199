"""Pages of a collection, newest first, by an opaque cursor that stays right while rows come and go."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from service.errors import Detail, InvalidRequest

LARGEST_PAGE = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Item = TypeVar("Item")


@dataclass(frozen=True)
class Cursor:
    """The last row already seen: the next page begins behind it."""

    created_at: datetime
    id: str

    def encode(self) -> str:
        """The opaque form that clients hand back."""
        text = f"{(self.created_at - EPOCH) // MICROSECOND} {self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @staticmethod
    def decode(text: str) -> "Cursor":
        """Read a cursor back; InvalidRequest if it is none of ours."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            microseconds, identifier = raw.decode().split(" ", 1)
            return Cursor(EPOCH + int(microseconds) * MICROSECOND, identifier)
        except (ValueError, OverflowError, binascii.Error) as error:
            message = "The cursor is not one that this service has handed out."
            raise InvalidRequest(message, Detail("/cursor", "Use next_cursor of the previous page.")) from error


@dataclass(frozen=True)
class PageRequest:
    """Which part of a collection is wanted."""

    limit: int = 50
    after: Cursor | None = None

    @staticmethod
    def parse(limit: int | None, cursor: str | None) -> "PageRequest":
        """Check what a client sent."""
        if limit is not None and not 1 <= limit <= LARGEST_PAGE:
            message = f"A page holds 1 to {LARGEST_PAGE} items, not {limit}."
            raise InvalidRequest(message, Detail("/limit", message))
        return PageRequest(50 if limit is None else limit, Cursor.decode(cursor) if cursor else None)


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a collection, and the cursor of the rest if there is any."""

    items: tuple[Item, ...]
    next_cursor: str | None = None
