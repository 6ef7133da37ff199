"""Rows that are JSON objects as record batches: a column of one type where it has one, of texts where it is mixed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from service.ingest.arrow_columns import Column
from service.ingest.faults import fault, quote


def batch_of(rows: Sequence[tuple[int, Mapping[str, Any]]], names: Sequence[str]) -> Column:
    """A record batch with the named columns; Unreadable where a row has another."""
    known = frozenset(names)
    for number, row in rows:
        if not row.keys() <= known:
            unknown = next(name for name in row if name not in known)
            raise fault(f"line {number}", f"The column {quote(unknown)} stands in none of the rows before.")
    return pa.record_batch([_column([row.get(name) for _, row in rows]) for name in names], names=list(names))


def _column(values: Sequence[Any]) -> Column:
    if any(isinstance(value, list | dict) for value in values):
        return pa.array([None] * len(values), pa.list_(pa.float64()))  # a type that no role takes
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
