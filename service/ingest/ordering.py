"""Rows brought together by case and put in the order of time, in bounded memory: a span of rows at a time.

A table that is ordered already, as most are, is only looked through. Where cases are mixed, each row is moved to its
place; where a case is out of time, its own rows are sorted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import pieces, release
from model.data.order_statistics import quantiles
from model.data.series import offsets_of
from service.errors import TooLarge
from service.ingest.source import Source
from service.ingest.spool import spans

MOVED = 1 << 14
"""Rows that are moved to their cases at once: each may touch a page of its own."""
MOST_SORTED = 1 << 24
"""Rows of one case that are sorted; a longer one has to come in the order of time."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """values: (R, C), time: (R,), of case after case; rows: where in the table each stood, from 1.

    offsets: (N + 1,) int64, where each case begins
    """

    values: Array
    time: Array | None
    rows: Array | range
    offsets: Array

    @property
    def begins(self) -> Array:
        """(N,): the place of each case's first row."""
        return self.offsets[:-1]

    def case(self, place: int) -> int:
        """Whose row stands at a place."""
        return int(np.searchsorted(self.offsets, place, side="right")) - 1

    def release(self) -> None:
        """Give the pages back that were touched."""
        for array in (self.values, self.time, self.rows):
            if isinstance(array, np.ndarray):
                release(array)


def together(values: Array, time: Array | None, codes: Array | None, counts: Array, source: Source) -> Ordered:
    """The rows of each case one behind another; codes: (R,), None where they come so already; counts: (N,)."""
    offsets = offsets_of(counts)
    if codes is None:
        return Ordered(values, time, range(1, len(values) + 1), offsets)
    moved = Ordered(
        source.room(values.shape, values.dtype),
        None if time is None else source.room(time.shape, time.dtype),
        source.room((len(values),), np.dtype(np.int64)),
        offsets,
    )
    ends = offsets[:-1].copy()
    for span in spans(len(values), MOVED):
        order = np.argsort(codes[span], kind="stable")
        sorted_codes = codes[span][order]
        first = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
        lengths = np.diff(np.append(first, len(order)))
        places = ends[sorted_codes] + np.arange(len(order)) - np.repeat(first, lengths)
        ends[sorted_codes[first]] += lengths
        _fill(moved, places, values[span][order], None if time is None else time[span][order], span.start + order + 1)
        moved.release()
        for array in (values, codes, time):
            if array is not None:
                release(array)
    return moved


def late(ordered: Ordered) -> tuple[int, int]:
    """How many rows stand behind a later time of their case, and the place of the first."""
    return _counted(ordered, lambda now, before: now < before)


def gaps(ordered: Ordered, share: float) -> tuple[int, int]:
    """How many steps in time are longer than so many usual ones, and the place behind the first."""

    def walk() -> Iterator[Array]:
        for span in spans(len(ordered.values)):
            places = inside(ordered, span, lambda now, _: np.ones(len(now), np.bool_))
            yield _steps(ordered, places).astype(np.float32)[:, None]
            ordered.release()

    usual = float(quantiles(walk, 1, (0.5,))[0, 0])
    return _counted(ordered, lambda now, before: (now - before).astype(np.float64) > share * usual)


def sorted_in_time(ordered: Ordered, source: Source) -> Ordered:
    """The same with each case in the order of time; rows of one time keep theirs."""
    ours = _own(ordered, source)
    time = ours.time
    if time is None:
        return ordered
    lengths = np.diff(ours.offsets)
    for piece in pieces(lengths, ours.values.shape[1]):
        a, b = int(ours.offsets[piece.start]), int(ours.offsets[piece.stop])
        if b - a > MOST_SORTED:
            raise TooLarge(
                f"A case of {b - a} rows is not in the order of time; at most {MOST_SORTED} rows of a case are sorted "
                "here, so sort the file by time first."
            )
        within = np.repeat(np.arange(piece.start, piece.stop), lengths[piece])
        order = a + np.lexsort((time[a:b], within))
        _fill(ours, slice(a, b), ours.values[order], time[order], _taken(ours.rows, order))
        ours.release()
    return ours


def repeats(ordered: Ordered) -> tuple[Array, Array]:
    """The places of rows that repeat the row before, and those that differ from it about one time."""
    if ordered.time is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found, differing = [], []
    for span in spans(len(ordered.values)):
        places = inside(ordered, span, lambda now, before: now == before)
        these, those = ordered.values[places], ordered.values[places - 1]
        same = ((these == those) | (np.isnan(these) & np.isnan(those))).all(axis=1)
        found.append(places[same])
        differing.append(places[~same])
        ordered.release()
    return np.concatenate(found), np.concatenate(differing)


def without(ordered: Ordered, places: Array, source: Source) -> Ordered:
    """All rows but those at these places, which are no case's first."""
    gone = np.zeros(len(ordered.offsets), np.int64)
    np.add.at(gone, np.searchsorted(ordered.offsets, places, side="right"), 1)
    count = len(ordered.values) - len(places)
    kept = Ordered(
        source.room((count, ordered.values.shape[1]), ordered.values.dtype),
        None if ordered.time is None else source.room((count,), ordered.time.dtype),
        source.room((count,), np.dtype(np.int64)),
        ordered.offsets - np.cumsum(gone),
    )
    end = 0
    for span in spans(len(ordered.values)):
        ours = np.arange(span.start, span.stop)
        cut = np.searchsorted(places, (span.start, span.stop))
        ours = np.delete(ours, places[cut[0] : cut[1]] - span.start)
        time = None if ordered.time is None else ordered.time[ours]
        _fill(kept, slice(end, end + len(ours)), ordered.values[ours], time, _taken(ordered.rows, ours))
        end += len(ours)
        ordered.release()
        kept.release()
    return kept


def inside(ordered: Ordered, span: slice, holds: Callable[[Array, Array], Array]) -> Array:
    """The places of a span whose times, and those of the rows before in the same case, are so and so."""
    if ordered.time is None:
        return np.empty(0, np.int64)
    begin = max(span.start, 1)
    now, before = ordered.time[begin : span.stop], ordered.time[begin - 1 : span.stop - 1]
    places = begin + np.flatnonzero(holds(now, before))
    within: Array = places[ordered.offsets[np.searchsorted(ordered.offsets, places)] != places]
    return within


def _counted(ordered: Ordered, holds: Callable[[Array, Array], Array]) -> tuple[int, int]:
    count, first = 0, -1
    for span in spans(len(ordered.values)):
        places = inside(ordered, span, holds)
        if places.size and not count:
            first = int(places[0])
        count += len(places)
        ordered.release()
    return count, first


def _steps(ordered: Ordered, places: Array) -> Array:
    """(n,) float64: the time from the row before."""
    if ordered.time is None:
        return np.empty(0)
    steps: Array = (ordered.time[places] - ordered.time[places - 1]).astype(np.float64)
    return steps


def _own(ordered: Ordered, source: Source) -> Ordered:
    """The same in arrays that may be written to: those that were read are not."""
    return ordered if isinstance(ordered.rows, np.ndarray) else without(ordered, np.empty(0, np.int64), source)


def _fill(target: Ordered, places: Array | slice, values: Array, time: Array | None, rows: Array) -> None:
    target.values[places] = values
    if target.time is not None:
        target.time[places] = time
    if isinstance(target.rows, np.ndarray):
        target.rows[places] = rows


def _taken(rows: Array | range, places: Array) -> Array:
    return places + rows.start if isinstance(rows, range) else rows[places]
