"""Which columns tell the cases apart, where no name says it: those within which times stand once.

Texts come first. Whole numbers are taken for it where their name is that of something that has many, such as a session
or a store, or where the rows of each stand together and time begins again with each; then two columns at a time. Three
are taken where each case has rows at most of the times: by chance events stand once among so many as well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from model.arrays import Array
from service.domain.datasets import format_channels
from service.ingest.contents import Guess, Look, repeated, steps_within, words_of

KEYS = frozenset({"id", "ids", "no", "nr", "num", "number", "key"})
"""Words at the end of a name by which numbers are known as names of something."""
THINGS = re.compile(
    "asset|batch|building|car|client|customer|device|engine|episode|household|item|machine|meter|patient|plant|player|"
    "product|recording|run|session|shop|site|sku|station|store|trial|trip|truck|turbine|unit|user|vehicle|well"
)
"""What tables are kept of: a column of whole numbers by such a name says which one it was."""
SLIPS = 0.02
"""The share of rows that may repeat a time of their case, as rows do that were written twice."""
FEWEST_ROWS = 2
"""Rows that cases have on the average, at least."""
MOST_LOOKED = 64
"""Columns of numbers that are looked at without a name that says anything."""
MOST_KEYS = 8
"""Columns that are tried together."""
FULL = 0.5
"""The share of cases and times that have a row, from which three columns name the cases of a table together."""
TOGETHER = (2, 3)
"""So many at a time."""


def guess_series(
    names: Sequence[str],
    look: Look,
    times: Sequence[str],
    group: str | None = None,
    label: str | None = None,
) -> Guess:
    """The column, or the two or three columns, within which times that repeat in the table stand once.

    group, label: columns that have this role, of which cases can be made as well: who did what
    """
    texts = [name for name in names if look.text(name) and look.repeats(name)]
    named = [name for name in names if _says_what(name) and look.whole(name) and look.repeats(name)]
    numbers = [name for name in names[:MOST_LOOKED] if name not in named and look.whole(name) and look.repeats(name)]
    possible = dict.fromkeys(texts, "it holds texts that repeat")
    possible |= dict.fromkeys(named, "it holds whole numbers, by the name of something that there is several of")
    clocks = [clock for clock in map(look.instants, times) if clock is not None]
    clocks = [clock for clock in clocks if repeated(clock, np.zeros(look.rows))]
    if not clocks and not named:
        return Guess(None, tuple(possible.items()))
    others = [name for name in (group, label) if name is not None]
    tried = dict.fromkeys([*texts, *named, *numbers, *others])
    codes = {name: look.codes(name) for name in tried}
    codes = {name: each for name, each in codes.items() if _several_rows_each(each)}
    if not clocks:
        keys = [name for name in (*others[: group is not None], *named) if name in codes]
        together = _all_together([codes[name] for name in keys[:MOST_KEYS]]) if len(keys) > 1 else None
        if together is not None and _several_rows_each(together) and _in_blocks(together):
            return Guess(format_channels(keys[:MOST_KEYS]), tuple(possible.items()), joined=True)
        apart = [name for name in named if name in codes and _in_blocks(codes[name])]
        alone = apart[0] if len(apart) == 1 else None
        return Guess(alone, tuple((name, why) for name, why in possible.items() if name != alone))
    singles = [[*texts, *others[:1]] if group is not None else texts, named]
    for chosen in _tried(singles, numbers, others, codes, clocks, codes.get(label or "")):
        found = _finest(chosen, codes)
        if found:
            possible |= dict.fromkeys(found[1:], "it tells the cases apart as well")
            joined = found[0] not in tried
            possible.pop(found[0], None)
            return Guess(found[0], tuple(possible.items()), twins=frozenset(found[1:]), joined=joined)
        if chosen:
            break
    return Guess(None, tuple(possible.items()))


def pair_codes(one: Array, other: Array) -> Array:
    """(R,) int64: equal for equal pairs, -1 where either says nothing."""
    codes: Array = one * (int(other.max(initial=0)) + 1) + other
    return np.where((one < 0) | (other < 0), -1, codes)


def _all_together(codes: Sequence[Array]) -> Array:
    """(R,) int64: equal where all are."""
    together, *others = codes
    for each in others:
        together = np.unique(pair_codes(together, each), return_inverse=True)[1]
    return together


def _tried(
    singles: Sequence[Sequence[str]],
    numbers: Sequence[str],
    others: Sequence[str],
    codes: dict[str, Array],
    clocks: Sequence[Array],
    answers: Array | None,
) -> Iterator[list[str]]:
    """What tells the cases apart: of texts, of numbers by their names, by how they stand, of several."""

    def fits(each: Array) -> bool:
        answered = answers is None or _nests(each, answers)
        return answered and any(_stands_once(clock, each) for clock in clocks)

    for names in singles:
        yield [name for name in names if name in codes and fits(codes[name])]
    apart = [name for name in numbers if name in codes and any(_begins_again(clock, codes[name]) for clock in clocks)]
    yield [name for name in apart if fits(codes[name])]
    subject = [name for name in others if name in singles[0]]
    keys = [name for name in dict.fromkeys([*subject, *singles[0], *singles[1], *others]) if name in codes]
    for count in TOGETHER:
        for some in combinations(keys[:MOST_KEYS], count):
            together = _all_together([codes[name] for name in some])
            full = count == TOGETHER[0] or any(_at_most_times(clock, together) for clock in clocks)
            if full and _several_rows_each(together) and fits(together):
                name = format_channels(some)
                codes[name] = together
                yield [name]


def _finest(names: Sequence[str], codes: Mapping[str, Array]) -> list[str]:
    """The column whose cases belong to one case each of every other, and those that tell the same cases."""
    return [name for name in names if all(_nests(codes[name], codes[other]) for other in names)]


def _nests(fine: Array, coarse: Array) -> bool:
    """Whether rows of one case by the finer column are of one by the coarser, where that says anything."""
    there = coarse >= 0
    return len(np.unique(pair_codes(fine, coarse)[there])) == len(np.unique(fine[there]))


def _several_rows_each(codes: Array) -> bool:
    if not len(codes) or (codes < 0).any():
        return False
    cases = len(np.unique(codes))
    return cases > 1 and len(codes) >= FEWEST_ROWS * cases


def _stands_once(instants: Array, codes: Array) -> bool:
    """Whether times stand once in each case, but for slips."""
    steps = steps_within(instants, codes, np.lexsort((instants, codes)))
    return len(steps) > 0 and bool((steps == 0).mean() <= SLIPS)


def _at_most_times(instants: Array, codes: Array) -> bool:
    """Whether most of the cases have a row at most of the times."""
    return len(codes) >= FULL * len(np.unique(codes)) * len(np.unique(instants))


def _in_blocks(codes: Array) -> bool:
    """Whether each value stands in one stretch of rows."""
    return int(np.count_nonzero(np.diff(codes))) + 1 == len(np.unique(codes))


def _begins_again(instants: Array, codes: Array) -> bool:
    """Whether each value has its rows together, and time rises among them and begins again with the next."""
    steps, borders = np.diff(instants), np.diff(codes) != 0
    return _in_blocks(codes) and bool((steps[borders] <= 0).all() and (steps[~borders] > 0).all())


def _says_what(name: str) -> bool:
    words = words_of(name)
    return bool(words) and (words[-1] in KEYS or THINGS.fullmatch(words[-1]) is not None)
