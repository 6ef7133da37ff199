"""Columns of pyarrow's as NumPy arrays: what a table can hold in a number's or a name's place is decided here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.errors import Unreadable
from service.ingest.answers import label_text
from service.ingest.faults import Cell, fault, quote
from service.ingest.number_text import Doubles, no_number

Column: TypeAlias = Any
"""An array, or a type, of pyarrow's: it publishes no types of its own."""
Columns: TypeAlias = Mapping[str, Any]
"""Columns by name."""
Note: TypeAlias = Callable[[int | None, str], None]
"""Takes the row of a column that is at fault, None where it is the column itself, and a sentence."""

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
CURRENCIES = "$€£¥₹"
SIGNS = rf"[%{CURRENCIES}]"
WRITTEN = (
    rf"^\s*[+-]?[{CURRENCIES}]?\s*(\d+\.?\d*|\.\d+|[1-9]\d{{0,2}}(,\d{{3}})+(\.\d*)?)([eE][+-]?\d+)?"
    rf"\s*{SIGNS}?\s*$"
)
"""A number with commas between its thousands, as a percentage, or as an amount of money, as well."""
UNNAMED = ("", "?", "NA", "N/A", "#N/A", "n/a", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null")
"""Texts that name no class."""
MISSING_TEXTS = (
    *UNNAMED,
    *("na", "n.a.", "None", "none", "NONE", "NaT", "-nan", "-NaN", "-", "--", "---", ".", "#NA", "#DIV/0!", "#VALUE!"),
)
"""Texts that stand for no number."""
SAMPLE = 1000


def numbers(column: Column, note: Note) -> Doubles:
    """(R,) float64, missing as NaN; whatever is no number is noted."""
    column = plain(column)
    if is_text(column.type):
        column = pc.utf8_trim_whitespace(column.cast(pa.string()))
        column = pc.if_else(pc.is_in(column, value_set=pa.array(MISSING_TEXTS)), None, column)
        if not pc.all(pc.match_substring_regex(column, NUMBER)).as_py():
            column = _plain_numbers(column)
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(column, NUMBER)), fill_value=False)
        for row in np.flatnonzero(wrong.to_numpy(zero_copy_only=False))[:10].tolist():
            note(row, no_number(column[row].as_py()))
        column = pc.if_else(wrong, None, column)
        column = pc.replace_substring_regex(column, r"^\+", "")
    elif not is_number(column.type) and not pa.types.is_null(column.type):
        note(None, f"It holds {quote(str(column.type))}, and numbers are needed.")
        return np.full(len(column), np.nan)
    converted: Doubles = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return converted


def _plain_numbers(column: Column) -> Column:
    """Texts without the commas between thousands and without signs of percent or currency, where a number has them."""
    written = pc.fill_null(pc.match_substring_regex(column, WRITTEN), fill_value=False)
    return pc.if_else(written, pc.replace_substring_regex(column, rf",|\s*{SIGNS}\s*", ""), column)


class Codes:
    """Texts as codes, counted from the first to appear; -1 where there is none."""

    def __init__(self, to_text: Callable[[object], str | None]) -> None:
        self._to_text = to_text
        self._known: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many different texts there are."""
        return len(self._known)

    @property
    def names(self) -> tuple[str, ...]:
        """The texts by code."""
        return tuple(self._known)

    def append(self, column: Column) -> Array:
        """(n,) int64: the codes of one more batch."""
        encoded = plain(column).dictionary_encode()
        texts = [None if value is None else self._to_text(value) for value in encoded.dictionary.to_pylist()]
        codes = [self._known.setdefault(text, len(self._known)) if text else -1 for text in texts]
        indices = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
        part: Array = np.array([*codes, -1], np.int64)[indices]
        return part


def is_number(kind: Column) -> bool:
    """Whether a type is one of numbers or truth values."""
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind))


def is_text(kind: Column) -> bool:
    """Whether a type is one of texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_time(kind: Column) -> bool:
    """Whether a type is one of moments or of time that has passed."""
    return bool(pa.types.is_temporal(kind) and not pa.types.is_interval(kind))


@contextmanager
def arrow_errors(what: str, place: Callable[[], str] | None = None) -> Iterator[None]:
    """Tell of what pyarrow cannot read, and where if that is known; faults of the disk pass through."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise
        raise _unreadable(f"The {what} cannot be read; it is damaged or was cut off.", place) from error
    except (pa.ArrowException, ValueError, TypeError, KeyError, OverflowError) as error:
        sentence = f"The {what} cannot be read; it is damaged, or holds what is not understood here."
        raise _unreadable(sentence, place) from error


def check_kind(column: Column, name: str, *, case: bool = False) -> None:
    """Unreadable unless a column can name things: by texts or numbers, and cases by times as well."""
    kind, types = plain(column).type, pa.types
    named = is_text(kind) or is_number(kind) or types.is_null(kind) or types.is_binary(kind)
    if not (named or types.is_large_binary(kind) or (case and is_time(kind))):
        raise fault(Cell(name), f"It holds {quote(str(kind))}, and texts or numbers are needed.")


def first_failing(column: Column, attempt: Callable[[Column], object]) -> int | None:
    """The first row of a column at which an attempt fails, found by halving; None if none does."""
    if not _fails(column, attempt):
        return None
    start, stop = 0, len(column)
    while stop - start > 1:
        middle = (start + stop) // 2
        if _fails(column.slice(start, middle - start), attempt):
            stop = middle
        else:
            start = middle
    return start


def _fails(column: Column, attempt: Callable[[Column], object]) -> bool:
    try:
        attempt(column)
    except pa.ArrowInvalid:
        return True
    return False


def _unreadable(sentence: str, place: Callable[[], str] | None) -> Unreadable:
    return Unreadable(sentence) if place is None else fault(place(), sentence)


def class_name(value: object) -> str | None:
    """A label by its text; None if it says that there is none."""
    text = label_text(value)
    return None if text in UNNAMED else text


def case_name(value: object) -> str | None:
    """A case by whatever names it: a text, a number, a time."""
    return str(value) if label_text(value) is None and value == value else label_text(value)  # noqa: PLR0124 - NaN


def plain(column: Column) -> Column:
    """A column whose values stand as such, not by reference into a dictionary, nor as views of texts."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column


def joined(parts: Sequence[Array]) -> Array:
    """The batches of a column one behind another."""
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
