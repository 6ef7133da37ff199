"""What columns hold, where no name tells: which could order the steps, and which could be the label of a case.

A guess is made where one reading stands out, and what else was possible is told. Numbers are never times by what they
hold alone, as channels rise evenly too: their name has to say something of time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from model.arrays import Array
from service.domain.datasets import format_channels
from service.ingest.calendar_columns import calendar_parts

TIME_NAMES = frozenset(
    {
        "t",
        "ts",
        "sec",
        "secs",
        "seconds",
        "ms",
        "millis",
        "epoch",
        "tick",
        "ticks",
        "frame",
        "timestep",
        "elapsed",
        "year",
        "cycle",
        "cycles",
    }
)
"""Names by which numbers are known as times, if they rise within each case."""
TIME_WORDS = frozenset({"time", "times", "timestamp", "timestep", "datetime", "date", "elapsed"})
"""Words that say the same anywhere in a name."""
HOUR_NAMES = frozenset({"hour", "hours", "hr", "hrs"})
REPEATED = 0.25
"""The share of rows from which a time that stands in several rows of a case is none: fewer are slips."""
RISING = 0.65
"""The share of steps that rise from which numbers are times: of numbers in any order a half do."""
FEWEST_RISES = 3
MOST_RISING = 64
"""Steps from which numbers that rise evenly could be times whatever they are called, and columns that are looked at."""
FEWEST_NAMES = 4
"""Cases from which a text that differs in every one is taken for a name rather than for a label."""

FEWEST_ROWS = 16
"""Rows from which runs of equal values tell something."""


class Look(Protocol):
    """What the first rows of a table tell about a column."""

    @property
    def rows(self) -> int:
        """How many rows `instants` and `codes` tell of."""
        ...

    def empty(self, name: str) -> bool:
        """Whether every column of that name holds nothing."""
        ...

    def numeric(self, name: str) -> bool:
        """Whether it holds numbers."""
        ...

    def whole(self, name: str) -> bool:
        """Whether it holds whole numbers."""
        ...

    def text(self, name: str) -> bool:
        """Whether it holds texts that are neither numbers nor times."""
        ...

    def times(self, name: str) -> bool:
        """Whether it holds times, by its type or as texts."""
        ...

    def dates(self, name: str) -> bool:
        """Whether it holds days and no time of the day."""
        ...

    def hours(self, name: str) -> bool:
        """Whether it holds times of the day and no day."""
        ...

    def repeats(self, name: str) -> bool:
        """Whether a value stands in several rows."""
        ...

    def instants(self, name: str) -> Array | None:
        """(R,): numbers that grow with time; None if a row has none."""
        ...

    def codes(self, name: str) -> Array:
        """(R,) int64: equal for equal values, -1 where there is none."""
        ...

    def signed(self, name: str) -> bool:
        """Whether it holds texts with signs of percent or currency."""
        ...

    def example(self, name: str) -> str:
        """What it holds first, for a message, if it holds texts."""
        ...

    def described(self, name: str) -> str:
        """What it holds, in a few words."""
        ...


@dataclass(frozen=True)
class Guess:
    """The column that stands out; those that could be it as well, and those that could not, each with the reason.

    twins: columns that say the same in other words, so that they say nothing beside it
    joined: whether it stands for several columns together
    """

    column: str | None = None
    possible: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    twins: frozenset[str] = frozenset()
    joined: bool = False


def clocks(names: Sequence[str], look: Look) -> tuple[list[str], list[str]]:
    """The columns that hold times, and those that hold numbers and are called as times are."""
    typed = [name for name in names if look.times(name)]
    return typed, [name for name in names if name not in typed and _says_time(name) and look.numeric(name)]


def guess_moment(names: Sequence[str], look: Look, time: str | None = None) -> Guess:
    """A column of dates and one of clocks, or one for each part of a date, that are a time where no other holds one.

    time: the column that is named as a time is
    """
    dates = [name for name in names if look.dates(name)]
    hours = [name for name in names if look.hours(name)]
    both = format_channels((*dates, *hours))
    if not any(look.times(name) for name in names):
        return Guess() if time is not None else _guess_calendar(names, look)
    if len(dates) != 1 or len(hours) != 1 or not look.repeats(dates[0]) or look.instants(both) is None:
        return Guess()
    return Guess(both, joined=True)


def _guess_calendar(names: Sequence[str], look: Look) -> Guess:
    """Years, months and smaller parts that are times in every row, where no other numbers are called as times are."""
    parts = list(calendar_parts([name for name in names if look.whole(name) or look.text(name)]).values())
    others = any(name not in parts for name in clocks(names, look)[1])
    while parts and not others:
        together = format_channels(parts)
        if len(parts) > 1 and look.instants(together) is not None:
            return Guess(together, joined=True)
        parts.pop()
    return Guess()


def guess_time(names: Sequence[str], look: Look, series: str | None) -> Guess:
    """Which of these columns orders the steps of each case."""
    typed, numbers = clocks(names, look)
    cases = np.zeros(look.rows, np.int64) if series is None else look.codes(series)
    fit: list[tuple[str, str]] = []
    possible: list[tuple[str, str]] = []
    for name in (*typed, *numbers):
        instants = look.instants(name)
        what = "it holds times" if name in typed else "it holds numbers, by the name of a time,"
        if instants is None:
            possible.append((name, f"{what} that some rows do not have"))
        elif repeated(instants, cases):
            possible.append((name, f"{what} that stand in several rows of a case"))
        elif name in numbers and not _orderly(instants, cases):
            possible.append((name, f"{what} that do not rise"))
        else:
            fit.append((name, f"{what} of which each stands once in a case"))
    if not (fit or possible):
        rest = [name for name in names if name not in (*typed, *numbers) and look.numeric(name)][:MOST_RISING]
        even = "it holds numbers that rise evenly within each case, as times do"
        possible += [(name, even) for name in rest if _rises_evenly(look.instants(name), cases)]
    if fit and fit[0][0] in numbers and not any(look.numeric(name) for name in names if name != fit[0][0]):
        return Guess(None, (*fit, *possible))  # nothing would be left to be a channel
    return Guess(fit[0][0] if fit else None, (*fit[1:], *possible))


def guess_label(names: Sequence[str], look: Look, *, long: bool = False, series: str | None = None) -> Guess:
    """Which of these columns of texts labels the cases: the only one that is the same in all rows of each.

    In the wide form each row is a case; in the long form a column of series names the case of each row.
    """
    fit: list[tuple[str, str]] = []
    possible: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    texts = [name for name in names if look.text(name)]
    if series is None and long:
        return Guess(others=tuple((name, "texts, and no column tells the cases apart") for name in texts))
    cases = np.arange(look.rows) if series is None or not long else look.codes(series)
    known = np.unique(cases[cases >= 0])
    for name in texts:
        codes = look.codes(name)
        there = (codes >= 0) & (cases >= 0)
        told, first, places = np.unique(cases[there], return_index=True, return_inverse=True)
        answers = codes[there][first]
        different = len(np.unique(answers))
        if (answers[places] != codes[there]).any():
            others.append((name, "texts that change within a case"))
        elif len(told) < len(known):
            possible.append((name, "it holds texts, which some cases do not have"))
        elif different == 1:
            possible.append((name, "it holds one text in all rows that were looked at"))
        elif different == len(known) >= FEWEST_NAMES:
            possible.append((name, "it holds texts that differ in every case, as names do"))
        else:
            fit.append((name, "it holds texts, the same in all rows of each case" if long else "it holds texts"))
    if len(fit) == 1:
        return Guess(fit[0][0], tuple(possible), tuple(others))
    return Guess(None, (*fit, *possible), tuple(others))


def in_runs(codes: Array) -> bool:
    """Whether equal values stand together far more often than by chance, as the states of one series do.

    Far: by more than half of what there is between chance and all of them together.
    """
    if len(codes) < FEWEST_ROWS:
        return False
    shares = np.unique(codes, return_counts=True)[1] / len(codes)
    chance = float((shares**2).sum())
    together = float((np.diff(codes) == 0).mean())
    return together > (1 + chance) / 2


def words_of(name: str) -> list[str]:
    """The words of a name: those of `storeId` and `Store ID (old)` are store, id and, of the latter, old."""
    return [word for word in re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()) if word]


def says_hour(name: str) -> bool:
    """Whether numbers by this name are hours of a day."""
    return not HOUR_NAMES.isdisjoint(words_of(name))


def _says_time(name: str) -> bool:
    return name.strip().lower() in TIME_NAMES or not TIME_WORDS.isdisjoint(words_of(name))


def repeated(instants: Array, cases: Array) -> bool:
    """Whether times stand in several rows of a case more often than slips do."""
    steps = steps_within(instants, cases, np.lexsort((instants, cases)))
    return bool(len(steps) and (steps == 0).mean() >= REPEATED)


def _orderly(instants: Array, cases: Array) -> bool:
    """Whether numbers rise within each case as they stand, but for slips; what falls would turn its case around."""
    steps = steps_within(instants, cases, np.argsort(cases, kind="stable"))
    return len(steps) > 0 and bool((steps > 0).mean() >= RISING)


def _rises_evenly(instants: Array | None, cases: Array) -> bool:
    if instants is None:
        return False
    steps = steps_within(instants, cases, np.argsort(cases, kind="stable"))
    return len(steps) >= FEWEST_RISES and bool(
        (steps > 0).all() and np.isclose(steps, steps[0], rtol=0.01, atol=0).all()
    )


def steps_within(instants: Array, cases: Array, order: Array) -> Array:
    """(n,) float64: from each row to the next one of its case, in this order."""
    same = np.diff(cases[order]) == 0
    found: Array = np.diff(instants[order])[same].astype(np.float64)
    return found
