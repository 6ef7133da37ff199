"""What the first rows of a table tell about its columns, as `contents` asks."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.arrays import Array
from service.ingest.arrow_columns import (
    MISSING_TEXTS,
    SAMPLE,
    SIGNS,
    WRITTEN,
    Column,
    is_number,
    is_text,
    is_time,
    plain,
)
from service.ingest.contents import says_hour
from service.ingest.faults import quote
from service.ingest.joined_columns import MOMENT, NAMES, column_of
from service.ingest.times import instants, kind_of

DAY = 24
"""Hours."""
MOST_CODES = 12
"""Different entries of a column of which some are no numbers, that may be names."""
LOOKED = 1 << 16
"""Rows that are looked at to find out how columns go together."""
DATE_LIKE = (
    r"^\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|^\s*\d{1,2}[ -][A-Za-z]{3,9}[ -,]+\d{2,4}|^\s*\d{1,2}:\d{2}(:\d{2})?"
)


def _is_code(numbers: Column, texts: Column) -> bool:
    """Whether few numbers beside few texts, each of which stands there again, are names of something: 0, a, b."""
    few = len(numbers.unique()) + len(texts.unique()) <= MOST_CODES
    return len(texts) >= 2 * len(texts.unique()) > 0 and few


class FirstRows:
    """The first rows of a table; of a larger one the first batch, or block."""

    def __init__(self, rows: Column) -> None:
        """Take a batch, a table, or a schema where there is no row."""
        self._rows = rows.empty_table() if isinstance(rows, pa.Schema) else rows

    def empty(self, name: str) -> bool:
        """Whether every column of that name holds nothing."""
        rows = self._rows.slice(0, SAMPLE)
        places = [place for place, each in enumerate(rows.schema.names) if each == name]
        return all(rows.column(place).null_count == rows.num_rows for place in places)

    def numeric(self, name: str) -> bool:
        """Whether a column holds numbers, or nothing, or texts that are mostly numbers: the rest are slips."""
        column = self._column(name)
        if not is_text(column.type):
            return is_number(column.type) or pa.types.is_null(column.type)
        sample = pc.utf8_trim_whitespace(column.drop_null().cast(pa.string()))
        sample = sample.filter(pc.invert(pc.is_in(sample, value_set=pa.array(MISSING_TEXTS))))
        numbers = pc.match_substring_regex(sample, WRITTEN)
        if not len(sample) or 2 * (pc.sum(numbers).as_py() or 0) < len(sample):
            return False
        return not _is_code(sample.filter(numbers), sample.filter(pc.invert(numbers)))

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers."""
        column = self._column(name)
        if not is_number(column.type) or pa.types.is_boolean(column.type):
            return False
        values = column.drop_null().cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return len(values) > 0 and bool(np.isfinite(values).all() and (values == np.trunc(values)).all())

    def text(self, name: str) -> bool:
        """Whether a column holds texts that are neither numbers nor times."""
        return is_text(self._column(name).type) and self.described(name) == "texts"

    def times(self, name: str) -> bool:
        """Whether a column holds times: by its type, or texts that are times by ISO 8601."""
        column = self._column(name)
        if not is_text(column.type):
            return is_time(column.type)
        return kind_of(column) not in {None, "numbers"}

    def dates(self, name: str) -> bool:
        """Whether a column holds days and no time of the day."""
        column = self._column(name)
        return kind_of(column) == "days" if is_text(column.type) else bool(pa.types.is_date(column.type))

    def hours(self, name: str) -> bool:
        """Whether a column holds times of the day and no day."""
        column = self._column(name)
        if is_number(column.type):
            return says_hour(name) and self.whole(name) and pc.max(column).as_py() < DAY and pc.min(column).as_py() >= 0
        return kind_of(column) == "clocks" if is_text(column.type) else bool(pa.types.is_time(column.type))

    def repeats(self, name: str) -> bool:
        """Whether a value of a column stands in several rows."""
        codes = self.codes(name)[:SAMPLE]
        codes = codes[codes >= 0]
        return len(np.unique(codes)) < len(codes)

    def instants(self, name: str) -> Array | None:
        """(R,): numbers that grow with time; None if a row has none."""
        return instants(self._column(name, LOOKED, MOMENT))

    def codes(self, name: str) -> Array:
        """(R,) int64: equal for equal values, -1 where there is none, or a list."""
        column = self._column(name, LOOKED)
        if pa.types.is_nested(column.type):
            return np.full(len(column), -1)
        indices = column.dictionary_encode().indices
        codes: Array = indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return codes

    @property
    def rows(self) -> int:
        """How many rows `instants` and `codes` tell of."""
        return min(int(self._rows.num_rows), LOOKED)

    def signed(self, name: str) -> bool:
        """Whether a column holds texts with signs of percent or currency."""
        column = self._column(name)
        return is_text(column.type) and bool(pc.any(pc.match_substring_regex(column, SIGNS)).as_py())

    def example(self, name: str) -> str:
        """What it holds first, for a message, if it holds texts."""
        column = self._column(name)
        if not is_text(column.type) or column.null_count == len(column):
            return ""
        return f", such as {quote(column.drop_null()[0].as_py())}"

    def described(self, name: str) -> str:
        """What a column holds, in a few words."""
        column = self._column(name)
        if not len(column.drop_null()):
            return "not a single value"
        if self.numeric(name):
            return "numbers"
        if self.times(name):
            return "times"
        if not is_text(column.type):
            return f"values of the type {column.type}"
        sample = column.drop_null()
        if pc.all(pc.match_substring_regex(sample, DATE_LIKE)).as_py():
            return "texts that look like times, which are read where they are written as 2024-01-31T09:30:00"
        return "texts"

    def _column(self, name: str, rows: int = SAMPLE, between: str = NAMES) -> Column:
        column = column_of(self._rows, name, between, rows)
        return plain(column.combine_chunks() if hasattr(column, "combine_chunks") else column)
