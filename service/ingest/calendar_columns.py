"""Times that stand in a column for each of their parts: year, month, day, and perhaps hour, minute and second."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from service.ingest.arrow_columns import MISSING_TEXTS, Column, is_text
from service.ingest.times import MONTHS_NAMED

PARTS: Mapping[str, frozenset[str]] = {
    "year": frozenset({"year", "yr", "yyyy"}),
    "month": frozenset({"month", "mon", "mo", "mnth", "mm"}),
    "day": frozenset({"day", "dd", "dom", "mday", "day_of_month", "dayofmonth"}),
    "hour": frozenset({"hour", "hours", "hr", "hrs", "hh"}),
    "minute": frozenset({"minute", "minutes", "min", "mins"}),
    "second": frozenset({"second", "seconds", "sec", "secs"}),
}
"""By what a part of a time is known, from the largest part to the smallest."""
FEWEST = 2
BETWEEN = ("", "-", "-", " ", ":", ":")
"""What stands before each part when they are written together."""


def calendar_parts(names: Sequence[str]) -> dict[str, str]:
    """The columns that are parts of one time, the largest first; none where one is missing, or there twice.

    A year and a month are needed, and no part is left out between two others.
    """
    found: dict[str, str] = {}
    for part, spellings in PARTS.items():
        named = [name for name in names if name.strip().lower() in spellings]
        if len(named) != 1:
            break
        found[part] = named[0]
    return found if len(found) >= FEWEST else {}


def moments(parts: Sequence[Column]) -> Column:
    """Texts such as `2013-01-31 09:00`, missing where a part is; one that is no whole number makes no time of it."""
    texts = [_padded(part, 4 if place == 0 else 2) for place, part in enumerate(parts)]
    if len(texts) == list(PARTS).index("hour") + 1:
        texts.append(pa.array(["00"] * len(texts[0]), pa.string()))
    pieces = [piece for between, text in zip(BETWEEN, texts, strict=False) for piece in (pa.scalar(between), text)]
    return pc.binary_join_element_wise(*pieces, pa.scalar(""))


def _padded(column: Column, width: int) -> Column:
    """Whole numbers, and names of months as such, as texts with zeros before them."""
    if is_text(column.type):
        column = pc.utf8_trim_whitespace(column.cast(pa.string()))
        column = pc.if_else(pc.is_in(column, value_set=pa.array(MISSING_TEXTS)), None, column)
        for number, name in enumerate(MONTHS_NAMED, 1):
            column = pc.replace_substring_regex(column, rf"(?i)^{name}[a-z]*\.?$", str(number))
    else:
        column = pc.replace_substring_regex(column.cast(pa.string()), r"\.0$", "")
    return pc.utf8_lpad(column, width, "0")
