"""From rows to series: one row is one step, and columns say whose it is, when it was, and what answers for the case.

Rows of several cases may be mixed. Cases keep the order of their first rows; steps are put in the order of time.
"""

from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Array
from service.domain.reports import Finding, FindingKind, Place
from service.ingest import ordering
from service.ingest.assembly import build_series, check_counts
from service.ingest.faults import Cell, Faults, fault, quote
from service.ingest.number_text import Doubles
from service.ingest.ordering import Ordered
from service.ingest.parsed import Parsed, Splits
from service.ingest.precision import Flattened
from service.ingest.roles import Roles
from service.ingest.source import Source

UNEVEN = 1.5
"""A step in time longer than this many usual steps is a gap."""
NOTED = 10


@dataclass(frozen=True, eq=False)
class Rows:
    """A table, its rows as they stood; what is too much for memory is mapped from the disk.

    values: (R, C) float32; time: (R,) int64 or float64; codes: (R,) int32, whose each row is, counted from the first
    to appear, None where the rows of each case follow one another; counts: (N,) int64, the rows of each case;
    names, labels, targets (N, 1), groups, splits: of each case
    """

    roles: Roles
    values: Array
    time: Array | None
    codes: Array | None
    counts: Array
    names: tuple[str, ...]
    labels: list[str] | None
    targets: Doubles | None
    groups: list[str] | None
    splits: Splits | None
    findings: tuple[Finding, ...]
    flattened: Flattened


def long_to_series(rows: Rows, source: Source) -> Parsed:
    """Group, sort and check the rows."""
    if not len(rows.values):
        raise fault("row 1", "The table has no rows.")
    check_counts(source.limits, cases=len(rows.counts))
    findings = list(rows.findings)
    ordered = ordering.together(rows.values, rows.time, rows.codes, rows.counts, source)
    ordered = _in_time(rows, ordered, findings, source)
    ordered = _without_repeats(rows, ordered, findings, source)
    _note_gaps(rows, ordered, findings)
    series = build_series(
        ordered.values,
        np.diff(ordered.offsets).tolist(),
        source.limits,
        channels=rows.roles.channels,
        labels=rows.labels,
        targets=rows.targets,
        groups=rows.groups,
    )
    return Parsed(
        series,
        findings=tuple(findings),
        rows=ordered.rows,
        columns=rows.roles.columns,
        splits=rows.splits,
        flattened=replace(rows.flattened, by_row=True),
        targets=rows.targets,
    )


def _in_time(rows: Rows, ordered: Ordered, findings: list[Finding], source: Source) -> Ordered:
    """Bring each case in the order of time, and tell of it."""
    count, place = ordering.late(ordered)
    if not count:
        return ordered
    sentence = (
        f"Rows behind a later time: {count}, the first is row {ordered.rows[place]}{_case_name(rows, ordered, place)}; "
        "the steps were put in the order of time."
    )
    findings.append(_finding(FindingKind.OUT_OF_ORDER, count, sentence, rows, ordered, place))
    return ordering.sorted_in_time(ordered, source)


def _without_repeats(rows: Rows, ordered: Ordered, findings: list[Finding], source: Source) -> Ordered:
    """Drop rows that repeat a step word for word; Unreadable if two rows differ about one time."""
    again, differing = ordering.repeats(ordered)
    faults = Faults()
    for place in _by_row(ordered, differing)[:NOTED].tolist():
        sentence = (
            f"The time is that of row {ordered.rows[place - 1]}, and the values differ; a case has one row a time."
        )
        if rows.roles.series is None:
            sentence += " If there are several cases, name the column that tells them apart: series=NAME, or NAME,NAME."
        faults.add(Cell(rows.roles.time or "", f"row {ordered.rows[place]}"), sentence)
    faults.raise_any()
    if not again.size:
        return ordered
    first = int(again[0])
    sentence = f"Rows that repeat a row: {again.size}, the first is row {ordered.rows[first]}; they were left out."
    findings.append(_finding(FindingKind.REPEATED_ROW, again.size, sentence, rows, ordered, first))
    return ordering.without(ordered, again, source)


def _by_row(ordered: Ordered, places: Array) -> Array:
    """Places in the order of their rows."""
    rows = ordered.rows
    return places if isinstance(rows, range) else places[np.argsort(rows[places], kind="stable")]


def _note_gaps(rows: Rows, ordered: Ordered, findings: list[Finding]) -> None:
    """Tell of steps in time that are longer than usual."""
    if ordered.time is None or len(ordered.time) <= len(ordered.begins):
        return
    count, place = ordering.gaps(ordered, UNEVEN)
    if count:
        sentence = (
            f"Gaps in time: {count}, the first before row {ordered.rows[place]}{_case_name(rows, ordered, place)}; "
            "rows are used as if they were evenly spaced."
        )
        findings.append(_finding(FindingKind.GAP, count, sentence, rows, ordered, place))


def _finding(kind: FindingKind, count: int, sentence: str, rows: Rows, ordered: Ordered, place: int) -> Finding:
    """A finding whose first row stands at a place; rows of a case are counted from its first as they are ordered."""
    case = ordered.case(place)
    step = place - int(ordered.offsets[case])
    return Finding(kind, count, sentence, Place(int(ordered.rows[place]), rows.roles.time, case, None, step))


def _case_name(rows: Rows, ordered: Ordered, place: int) -> str:
    return "" if rows.roles.series is None else f" (case {quote(rows.names[ordered.case(place)])})"
