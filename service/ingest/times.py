"""A column of times as numbers that grow with time: typed by its file, or texts that are numbers or ISO 8601 times."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.ingest.arrow_columns import NUMBER, Column, Note, first_failing, is_number, is_text, is_time, plain
from service.ingest.faults import quote
from service.ingest.number_text import Doubles

DATE, HOURS = r"\d{4}[-/]\d{2}[-/]\d{2}", r"[T ]\d{2}(:\d{2}){0,2}(\.\d+)?"
KINDS: Mapping[str, tuple[str, Column]] = {
    "numbers": (NUMBER, pa.float64()),
    "times": (rf"^{DATE}({HOURS})?$", pa.timestamp("us")),
    "times of a zone": (rf"^{DATE}{HOURS}(Z|[+-]\d{{2}}:?\d{{2}})$", pa.timestamp("us", "UTC")),
}
"""What a text may be: its pattern, and the type it is read as."""
SLASHES = r"^(\d{4})/(\d{2})/(\d{2})"


class Times:
    """The column of times of one table, batch by batch: all of its texts are of one kind."""

    def __init__(self) -> None:
        self._kind: str | None = None

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
        matches = {name: _matches(column, pattern) for name, (pattern, _) in KINDS.items()}
        there = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        if not there.size:
            return pa.nulls(len(column))
        if self._kind is None:
            self._kind = next((name for name, matched in matches.items() if matched[there[0]]), None)
        strange = there[~np.logical_or.reduce([matched[there] for matched in matches.values()])]
        if self._kind is not None and not strange.size:
            strange = there[~matches[self._kind][there]]
        if self._kind is not None and not strange.size:
            column = pc.replace_substring_regex(column, SLASHES, r"\1-\2-\3")
            kind = KINDS[self._kind][1]
            failing = first_failing(column, lambda part: part.cast(kind))
            if failing is None:
                return column.cast(kind)
            strange = np.array([failing])
        row = int(strange[0])
        sentence = f"{quote(column[row].as_py())} is no time here: numbers, or ISO 8601 times of one zone, are."
        note(row, sentence)
        return pa.array(np.zeros(len(column), np.int64))


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
