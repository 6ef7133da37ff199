"""Several columns that are one thing together: `series=store,item` names a case by both, `time=Date,Time` a moment.

So does `time=year,month,day,hour`, whichever order they are asked for in.
"""

from collections.abc import Container

import pyarrow as pa
import pyarrow.compute as pc

from service.domain.datasets import parse_channels
from service.ingest.arrow_columns import Column, is_text, plain
from service.ingest.calendar_columns import calendar_parts, moments

MOMENT, NAMES = " ", " | "
"""What stands between the parts: a date and a clock are read with a space, names are told apart by something rare."""


def parts_of(name: str | None, names: Container[str]) -> tuple[str, ...]:
    """The columns that a name joins; none where it is a column's own, or joins something that is none."""
    if not name or name in names:
        return ()
    parts = parse_channels(name)
    return parts if len(parts) > 1 and all(part in names for part in parts) else ()


def column_of(rows: Column, name: str, between: str = NAMES, most: int | None = None) -> Column:
    """A column of the first rows of a batch or table, or several joined as texts, missing where one of them is."""
    alone = rows.schema.get_field_index(name) >= 0
    parts = () if alone else parts_of(name, frozenset(rows.schema.names))
    if not parts:
        return rows.column(name).slice(0, most)
    columns = [plain(_whole(rows.column(part).slice(0, most))) for part in parts]
    calendar = calendar_parts(parts) if between == MOMENT else {}
    if len(calendar) == len(parts):
        return moments([columns[parts.index(part)] for part in calendar.values()])
    texts = [_text(column) for column in columns]
    return pc.binary_join_element_wise(*texts, pa.scalar(between, pa.large_string()))


def _text(column: Column) -> Column:
    column = column.cast(pa.string()) if not is_text(column.type) else column
    return pc.utf8_trim_whitespace(column.cast(pa.large_string()))


def _whole(column: Column) -> Column:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
