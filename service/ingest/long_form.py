"""From rows to series: one row is one step, and columns say whose it is, when it was, and what answers for the case.

Rows of several cases may be mixed. Cases keep the order of their first rows; steps are put in the order of time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from service.domain.datasets import Limits
from service.domain.reports import Finding, FindingKind, Place
from service.ingest.assembly import build_series, check_counts, check_label, check_target
from service.ingest.columns import Roles
from service.ingest.faults import Faults, fault, quote
from service.ingest.number_text import Doubles
from service.ingest.parsed import Parsed

UNEVEN = 1.5
"""A step in time longer than this many usual steps is a gap."""


@dataclass(frozen=True, eq=False)
class Rows:
    """A table in memory, its rows as they stood; codes of series count from the first to appear, -1 is no label.

    series: (R,) int64 codes; time: (R,) int64 or float64; labels: (R,) int64 codes; targets: (R,) float64;
    values: (R, C) float32
    """

    roles: Roles
    values: Array
    series: Array | None = None
    series_names: tuple[str, ...] = ()
    time: Array | None = None
    labels: Array | None = None
    label_names: tuple[str, ...] = ()
    targets: Doubles | None = None
    groups: Array | None = None
    group_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Ordered:
    """Rows by case and time: `order` holds the places in the table, `starts` where in it each case begins."""

    order: Array
    starts: Array
    time: Array | None

    @property
    def lengths(self) -> Array:
        """(N,): the steps of each case."""
        return np.diff(np.append(self.starts, len(self.order)))

    def row(self, place: int) -> int:
        """The 1-based row of the table that stands at a place."""
        return int(self.order[place]) + 1


def long_to_series(rows: Rows, limits: Limits) -> Parsed:
    """Group, sort and check the rows."""
    if not len(rows.values):
        raise fault("row 1", "The table has no rows.")
    check_counts(limits, cases=len(rows.series_names), classes=len(rows.label_names))
    findings: list[Finding] = []
    ordered = _sort(rows, findings)
    ordered = _without_repeats(rows, ordered, findings)
    findings.extend(_gaps(rows, ordered))
    faults = Faults()
    labels = _case_texts(rows.labels, rows.label_names, "label", rows, ordered, faults)
    groups = _case_texts(rows.groups, rows.group_names, "group", rows, ordered, faults)
    targets = _case_targets(rows, ordered, faults)
    faults.raise_any()
    in_order = len(ordered.order) == len(rows.values) and bool((np.diff(ordered.order) > 0).all())
    values = rows.values if in_order else rows.values[ordered.order]
    channels = rows.roles.channels
    series = build_series(
        values, ordered.lengths.tolist(), limits, channels=channels, labels=labels, targets=targets, groups=groups
    )
    return Parsed(series, findings=tuple(findings), rows=ordered.order + 1, columns=rows.roles.columns)


def _sort(rows: Rows, findings: list[Finding]) -> Ordered:
    """Bring the rows of each case together, then in the order of time."""
    count = len(rows.values)
    codes = np.zeros(count, np.int64) if rows.series is None else rows.series
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    if rows.time is None:
        return Ordered(order, starts, None)
    ordered = Ordered(order, starts, rows.time[order])
    late = _late(ordered)
    if late.size:
        case = _case_name(rows, codes[order[late[0]]])
        sentence = (
            f"Rows behind a later time: {late.size}, the first is row {ordered.row(int(late[0]))}{case}; "
            "the steps were put in the order of time."
        )
        findings.append(_finding(FindingKind.OUT_OF_ORDER, len(late), sentence, rows, ordered, int(late[0])))
        order = np.lexsort((rows.time, codes))
    return Ordered(order, starts, rows.time[order])


def _late(ordered: Ordered) -> Array:
    """The places whose time is before that of the step before, within a case."""
    if ordered.time is None:
        return np.empty(0, np.int64)
    late = np.empty(len(ordered.time), np.bool_)
    late[1:] = ordered.time[1:] < ordered.time[:-1]
    late[ordered.starts] = False
    return np.flatnonzero(late)


def _without_repeats(rows: Rows, ordered: Ordered, findings: list[Finding]) -> Ordered:
    """Drop rows that repeat a step word for word; Unreadable if two rows differ about one time."""
    if ordered.time is None:
        return ordered
    again = np.empty(len(ordered.time), np.bool_)
    again[1:] = ordered.time[1:] == ordered.time[:-1]
    again[ordered.starts] = False
    places = np.flatnonzero(again)
    if not places.size:
        return ordered
    these, those = rows.values[ordered.order[places]], rows.values[ordered.order[places - 1]]
    same = ((these == those) | (np.isnan(these) & np.isnan(those))).all(axis=1)
    faults = Faults()
    for place in places[~same].tolist():
        other = ordered.row(place - 1)
        sentence = f"The time is that of row {other}, and the values differ; a case has one row a time."
        faults.add(f"row {ordered.row(place)}, column {quote(rows.roles.time or '')}", sentence)
    faults.raise_any()
    sentence = (
        f"Rows that repeat a row: {places.size}, the first is row {ordered.row(int(places[0]))}; they were left out."
    )
    findings.append(_finding(FindingKind.REPEATED_ROW, len(places), sentence, rows, ordered, int(places[0])))
    kept = ~again
    starts = (np.cumsum(kept) - 1)[ordered.starts]
    return Ordered(ordered.order[kept], starts, ordered.time[kept])


def _gaps(rows: Rows, ordered: Ordered) -> Iterator[Finding]:
    """Tell of steps in time that are longer than usual."""
    if ordered.time is None or len(ordered.time) <= len(ordered.starts):
        return
    inside = np.ones(len(ordered.time), np.bool_)
    inside[ordered.starts] = False
    places = np.flatnonzero(inside)
    steps = ordered.time[places].astype(np.float64) - ordered.time[places - 1].astype(np.float64)
    long = places[steps > UNEVEN * np.median(steps)]
    if long.size:
        case = _case_name(rows, None if rows.series is None else int(rows.series[ordered.order[long[0]]]))
        sentence = (
            f"Gaps in time: {long.size}, the first before row {ordered.row(int(long[0]))}{case}; "
            "rows are used as if they were evenly spaced."
        )
        yield _finding(FindingKind.GAP, len(long), sentence, rows, ordered, int(long[0]))


def _finding(kind: FindingKind, count: int, sentence: str, rows: Rows, ordered: Ordered, place: int) -> Finding:
    """A finding whose first row stands at a place; rows of a case are counted from its first as they are ordered."""
    case = int(np.searchsorted(ordered.starts, place, side="right")) - 1
    step = place - int(ordered.starts[case])
    return Finding(kind, count, sentence, Place(ordered.row(place), rows.roles.time, case, None, step))


def _case_texts(
    given: Array | None, names: tuple[str, ...], what: str, rows: Rows, ordered: Ordered, faults: Faults
) -> list[str] | None:
    """One label, or group, a case, the same in all of its rows that have one."""
    if given is None:
        return None
    column = quote(rows.roles.named[what])
    codes = given[ordered.order]
    chosen = codes[_first(codes >= 0, ordered)]
    for start in ordered.starts[chosen < 0].tolist():
        faults.add(
            f"row {ordered.row(start)}, column {column}", f"The {what} of the case is missing in all of its rows."
        )
    spread = np.repeat(chosen, ordered.lengths)
    for place in np.flatnonzero((codes >= 0) & (codes != spread)).tolist():
        here, there = (quote(names[code]) for code in (codes[place], spread[place]))
        sentence = f"The {what} is {here} here and {there} in another row of the case; a case has one {what}."
        faults.add(f"row {ordered.row(place)}, column {column}", sentence)
    for name in names:
        sentence_or_none = check_label(name, what)
        if sentence_or_none is not None:
            faults.add(f"column {column}", sentence_or_none)
    return [names[code] for code in chosen.tolist()]


def _case_targets(rows: Rows, ordered: Ordered, faults: Faults) -> Doubles | None:
    """(N, 1): one target a case, the same in all of its rows that have one."""
    if rows.targets is None:
        return None
    column = quote(rows.roles.target or "")
    targets = rows.targets[ordered.order]
    chosen = targets[_first(~np.isnan(targets), ordered)]
    for start, value in zip(ordered.starts.tolist(), chosen.tolist(), strict=True):
        sentence = check_target(value)
        if sentence is not None:
            faults.add(f"row {ordered.row(start)}, column {column}", sentence)
    spread = np.repeat(chosen, ordered.lengths)
    for place in np.flatnonzero(~np.isnan(targets) & (targets != spread)).tolist():
        sentence = "The target differs from that in another row of the case; a case has one target."
        faults.add(f"row {ordered.row(place)}, column {column}", sentence)
    return chosen[:, None]


def _first(present: Array, ordered: Ordered) -> Array:
    """The place of the first row of each case in which something is present, or of its first row if in none."""
    places = np.where(present, np.arange(len(present)), len(present))
    first = np.minimum.reduceat(places, ordered.starts)
    return np.where(first < len(present), first, ordered.starts)


def _case_name(rows: Rows, code: int | None) -> str:
    return "" if rows.series is None or code is None else f" (case {quote(rows.series_names[code])})"
