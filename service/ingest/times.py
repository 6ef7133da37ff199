"""A column of times as numbers that grow with time: typed by its file, or texts that are numbers or ISO 8601 times."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.ingest.arrow_columns import NUMBER, Column, Note, first_failing, is_number, is_text, is_time, plain
from service.ingest.faults import quote
from service.ingest.number_text import Doubles

DATE, HOURS = r"\d{4}[-/]\d{2}[-/]\d{2}", r"\d{2}(:\d{2}){0,2}(\.\d+)?"
ZONE = r"(Z|[+-]\d{2}:?\d{2})"
KINDS: Mapping[str, tuple[str, Column]] = {
    "numbers": (NUMBER, pa.float64()),
    "days": (rf"^{DATE}$", pa.timestamp("us")),
    "times": (rf"^{DATE}[T ]{HOURS}$", pa.timestamp("us")),
    "times of a zone": (rf"^{DATE}[T ]{HOURS}{ZONE}$", pa.timestamp("us", "UTC")),
    "months": (r"^\d{4}[-/]\d{2}$", pa.timestamp("us")),
    "clocks": (r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$", pa.timestamp("us")),
}
"""What a text may be once it is written plainly: its pattern, and the type it is read as."""
ALIKE = frozenset({"days", "times"})
"""Kinds that may stand in one column."""
PLAINER = (
    (r"^(\d{1,2})\.(\d{2})\.(\d{2})$", r"\1:\2:\3"),  # a clock with points
    (r"([T ]\d{1,2})\.(\d{2})\.(\d{2})$", r"\1:\2:\3"),
    (r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", r"\3-\2-\1"),  # with points the day always comes first
    (r"^(\d{4}[-/])(\d[-/])", r"\1" + "0" + r"\2"),
    (r"^(\d{4}[-/]\d{2}[-/])(\d)($|[T ])", r"\1" + "0" + r"\2\3"),
    (r"([T ])(\d(:|$))", r"\1" + "0" + r"\2"),
    (r"^(\d:)", "0" + r"\1"),
)
"""Other ways to write what can be read in one way only."""
MONTHS_NAMED = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = r"(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
HALVES = r"(?i)[T ]\d{1,2}:\d{2}(:\d{2})? ?[ap]m$"
"""A clock that counts to twelve twice a day."""
COMPLETED: Mapping[str, tuple[str, str]] = {"months": ("$", "-01"), "clocks": ("^", "1970-01-01 ")}
"""What is missing to a moment."""
SLASHES = r"^(\d{4})/(\d{2})/(\d{2})"
PARTS = r"^(?P<one>\d{1,2})[/-](?P<two>\d{1,2})[/-](?P<year>\d{4})(?P<rest>$|[T ].*$)"
"""A date whose day and month stand in either order, which is told by numbers beyond twelve."""
MONTHS = 12


class Times:
    """The column of times of one table, batch by batch: all of its texts are of one kind."""

    def __init__(self) -> None:
        self._kind: str | None = None
        self._order: str | None = None

    def read(self, column: Column, note: Note) -> Array:
        """(R,) int64 or float64 that grows with time; a row without a time, or with one of another kind, is noted."""
        column = plain(column)
        if is_text(column.type):
            column = self._parsed(pc.utf8_trim_whitespace(column.cast(pa.string())), note)
        kind = column.type
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
            floats: Doubles = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
            _note_rows(~np.isfinite(floats), note, "The row has no finite time.")
            return floats
        if not (pa.types.is_integer(kind) or is_time(kind)):
            note(None, f"It holds {quote(str(kind))}, and times are needed.")
            return np.zeros(len(column))
        _note_rows(column.is_null().to_numpy(zero_copy_only=False), note, "The row has no time.")
        if pa.types.is_date32(kind) or pa.types.is_time32(kind):
            column = column.cast(pa.int32())
        beyond = first_failing(column, lambda part: part.cast(pa.int64())) if pa.types.is_uint64(kind) else None
        if beyond is not None:
            note(beyond, f"{column[beyond].as_py()} is beyond the largest time, {np.iinfo(np.int64).max}.")
            return np.zeros(len(column), np.int64)
        integers: Array = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return integers

    def _parsed(self, column: Column, note: Note) -> Column:
        """Texts as numbers, or as time stamps; what is neither, or not what those before are, is noted."""
        said = column
        if self._kind is None or not _matches(column.drop_null(), KINDS[self._kind][0]).all():
            self._order = self._order or order_of(column)
            column = plainly(column, self._order)
        matches = {name: _matches(column, pattern) for name, (pattern, _) in KINDS.items()}
        there = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        if not there.size:
            return pa.nulls(len(column))
        if self._kind is None:
            self._kind = next((name for name, matched in matches.items() if matched[there[0]]), None)
        strange = there[:1]
        if self._kind is not None:
            alike = ALIKE if self._kind in ALIKE else {self._kind}
            strange = there[~np.logical_or.reduce([matches[name][there] for name in alike])]
        if self._kind is not None and not strange.size:
            if self._kind in COMPLETED:
                column = pc.replace_substring_regex(column, *COMPLETED[self._kind])
            column = pc.replace_substring_regex(column, SLASHES, r"\1-\2-\3")
            kind = KINDS[self._kind][1]
            failing = first_failing(column, lambda part: part.cast(kind))
            if failing is None:
                return column.cast(kind)
            strange = np.array([failing])
        row = int(strange[0])
        sentence = (
            f"{quote(said[row].as_py())} is no time here: numbers, or ISO 8601 times of one zone, are; "
            "time= takes the rows as they stand."
        )
        note(row, sentence)
        return pa.array(np.zeros(len(column), np.int64))


def plainly(column: Column, order: str | None = None) -> Column:
    """Texts with every time that can be read in one way only written as ISO 8601 has it; order: as `order_of` tells."""
    if order is not None:
        column = pc.replace_substring_regex(column, PARTS, order)
    if pc.any(pc.match_substring_regex(column, NAMED)).as_py():
        for number, name in enumerate(MONTHS_NAMED, 1):
            column = pc.replace_substring_regex(
                column, rf"(?i)^{name}[a-z]*\.? (\d{{1,2}}),? (\d{{4}})", rf"\2-{number:02}-\1"
            )
            column = pc.replace_substring_regex(
                column, rf"(?i)^(\d{{1,2}})[ -]{name}[a-z]*\.?[ -](\d{{4}})", rf"\2-{number:02}-\1"
            )
    for pattern, plain_text in PLAINER:
        column = pc.replace_substring_regex(column, pattern, plain_text)
    return _whole_days(column) if pc.any(pc.match_substring_regex(column, HALVES)).as_py() else column


def _whole_days(column: Column) -> Column:
    """Clocks of twelve hours as those of twenty-four."""
    for hour in range(12):
        for half, shift in (("a", 0), ("p", 12)):
            twelve = "12" if hour == 0 else f"0{hour}|{hour}" if hour < 10 else str(hour)  # noqa: PLR2004 - two digits
            pattern = rf"(?i)([T ])(?:{twelve})(:\d{{2}}(?::\d{{2}})?) ?{half}m$"
            column = pc.replace_substring_regex(column, pattern, rf"\1{hour + shift:02}\2")
    return column


def order_of(column: Column) -> str | None:
    """How dates such as 31/12/2024 are to be put, if all are written so and a number beyond twelve tells the day."""
    parts = pc.extract_regex(column.drop_null(), PARTS)
    if not len(parts) or parts.null_count:
        return None
    one, two = (pc.max(pc.struct_field(parts, name).cast(pa.int64())).as_py() for name in ("one", "two"))
    if (one > MONTHS) == (two > MONTHS):
        return None
    return r"\3-\2-\1\4" if one > MONTHS else r"\3-\1-\2\4"


def kind_of(column: Column) -> str | None:
    """What all texts of a column are, of the kinds of times; None where they are not of one."""
    sample = pc.utf8_trim_whitespace(column.drop_null().cast(pa.string()))
    if not len(sample):
        return None
    sample = plainly(sample, order_of(sample))
    matches = {kind: _matches(sample, pattern) for kind, (pattern, _) in KINDS.items()}
    if any((matches["times"] | matches["days"]) & ~matches["days"]) and (matches["times"] | matches["days"]).all():
        return "times"
    return next((kind for kind, matched in matches.items() if matched.all()), None)


def instants(column: Column) -> Array | None:
    """(R,) int64 or float64 that grows with time; None if a row has none, or something else than a time."""
    wrong: list[str] = []
    if not (is_text(plain(column).type) or is_number(column.type) or is_time(column.type)):
        return None
    found = Times().read(column, lambda _, sentence: wrong.append(sentence))
    return None if wrong else found


def _matches(column: Column, pattern: str) -> Array:
    """(R,) bool: which texts match."""
    matched: Array = pc.fill_null(pc.match_substring_regex(column, pattern), fill_value=False).to_numpy(
        zero_copy_only=False
    )
    return matched


def _note_rows(wrong: Array, note: Note, sentence: str) -> None:
    for row in np.flatnonzero(wrong)[:10].tolist():
        note(row, sentence)
