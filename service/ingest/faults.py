"""What is wrong in a file and where: gathered, so that one answer tells the first ten.

A place is what its format's users call it: `line 14, channel 2, step 7` of a text file, `row 7, column 'ax'` of a
table, `/series/3/0/17` of a JSON document, `X[3, 0, 17]` of an array.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from service.errors import DETAILS_LISTED, Detail, Unreadable

QUOTED = 40
"""Characters of a file's own text that an error repeats at most."""


@dataclass(frozen=True)
class Cell:
    """A place in a table: a column, and where in it, such as `row 7`; the whole of it where that is not said."""

    column: str
    at: str = ""

    def __str__(self) -> str:
        """As messages have it."""
        return f"{self.at}, column {quote(self.column)}" if self.at else f"column {quote(self.column)}"


Where: TypeAlias = str | Cell


class Faults:
    """The faults of one file, in the order they were met."""

    def __init__(self) -> None:
        self.details: list[Detail] = []
        self.count = 0

    def add(self, place: Where, detail: str) -> None:
        """Note a fault; from the eleventh on it is only counted."""
        self.count += 1
        if len(self.details) < DETAILS_LISTED:
            self.details.append(_detail(place, detail))

    @property
    def full(self) -> bool:
        """Whether another fault would no longer be listed, so that reading on tells nothing new."""
        return len(self.details) == DETAILS_LISTED

    def raise_any(self) -> None:
        """Refuse the file if there was any fault."""
        if self.details:
            self._refuse()

    def _refuse(self) -> NoReturn:
        first = self.details[0]
        others = f" Faults in all: {self.count}." if self.count > 1 else ""
        raise Unreadable(f"At {first.pointer}: {first.detail}{others}", *self.details)


def fault(place: Where, detail: str) -> Unreadable:
    """The error of a single fault at a place."""
    return Unreadable(f"At {place}: {detail}", _detail(place, detail))


def _detail(place: Where, detail: str) -> Detail:
    return Detail(str(place), detail, place.column if isinstance(place, Cell) else None)


def quote(text: str | bytes) -> str:
    """A short, printable piece of what the file said."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = shown.strip()
    return repr(shown if len(shown) <= QUOTED else shown[:QUOTED] + "...")


def listed(names: Sequence[str]) -> str:
    """Some names for a message."""
    shown = ", ".join(quote(name) for name in names[:DETAILS_LISTED])
    return shown if len(names) <= DETAILS_LISTED else f"{shown} and {len(names) - DETAILS_LISTED} more"
