"""Rows that are JSON objects as record batches: a column of one type where it has one, of texts where it is mixed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from service.ingest.arrow_columns import Column
from service.ingest.faults import Cell, fault, quote

Row: TypeAlias = tuple[int, Mapping[str, Any]]
"""The number of a line, or of an object in a list, and the object."""


def batch_of(
    rows: Sequence[Row], names: Sequence[str], place: Callable[[int], str], read: Sequence[str] = ()
) -> Column:
    """A record batch with the named columns; Unreadable where a row has another, or a list in a column that is read.

    place: what the row of a number is called
    """
    known = frozenset(names)
    for number, row in rows:
        if not row.keys() <= known:
            unknown = next(name for name in row if name not in known)
            raise fault(place(number), f"The column {quote(unknown)} stands in none of the rows before.")
    for name in read:
        for number, row in rows:
            if isinstance(row.get(name), list | dict):
                raise fault(Cell(name, place(number)), f"{_called(row[name])} stands where one value belongs.")
    return pa.record_batch([_column([row.get(name) for _, row in rows]) for name in names], names=list(names))


def _column(values: Sequence[Any]) -> Column:
    nested = [isinstance(value, list | dict) for value in values]
    if 2 * sum(nested) >= len(values) - values.count(None) > 0:
        return pa.array([None] * len(values), pa.list_(pa.float64()))  # a type that no role takes
    plain = [None if apart else value for value, apart in zip(values, nested, strict=True)] if any(nested) else values
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in plain], pa.string())


def _called(value: object) -> str:
    return "A list" if isinstance(value, list) else "An object"
