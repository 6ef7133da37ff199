"""Columns that number the rows: called as names of cases are, but with another value in every row, or counting them.

Beside a time such a column tells nothing. Taken for names of cases, it would make a case of every row; taken for a
channel, it would rise for as long as the table goes on, and tell a network when a value was measured.
"""

import numpy as np

from service.ingest.contents import Guess, Look, steps_within, words_of
from service.ingest.roles import USUAL

COUNTERS = frozenset(
    {"id", "index", "idx", "no", "nr", "number", "row", "rows", "rowid", "rownames", "rownum", "record"}
)
"""Words at the end of a name by which whole numbers are known to count rows, if they do."""
SLIPS = 0.02
"""The share of rows that may have the number of another one, as rows do that were written twice."""
FEWEST = 8
"""Rows from which it tells something that none has the name of another, or that each counts on."""
WHY = "it holds another value in every row, as numbers of rows do"


def numbers_rows(name: str, look: Look) -> bool:
    """Whether a column numbers the rows that were looked at."""
    if name.strip().lower() in USUAL["series"]:
        return differs(name, look)
    words = words_of(name)
    return bool(words) and words[-1] in COUNTERS and look.whole(name) and _counts(name, look)


def differs(name: str, look: Look) -> bool:
    """Whether every row has another value, but for slips."""
    codes = look.codes(name)
    return len(codes) >= FEWEST and bool((codes >= 0).all()) and len(np.unique(codes)) >= (1 - SLIPS) * len(codes)


def set_aside(name: str) -> Guess:
    """What is told of such a column in place of the names of cases."""
    return Guess(None, ((name, WHY),))


def sets_aside(guess: tuple[str, Guess]) -> bool:
    """Whether that was told, by the role that it was told of."""
    return guess[0] == "series" and any(why == WHY for _, why in guess[1].possible)


def orders(time: str, series: str | None, look: Look, *, surely: bool) -> bool:
    """Whether a time tells of several moments: rows of one are of several cases, each with a name of its own.

    surely: it was asked for, or named; else each moment has to stand once in a case, too
    """
    instants = look.instants(time)
    if instants is None or surely:
        return instants is None or len(np.unique(instants)) > 1
    cases = np.zeros(len(instants)) if series is None else look.codes(series)
    return bool((steps_within(instants, cases, np.lexsort((instants, cases))) > 0).all())


def _counts(name: str, look: Look) -> bool:
    instants = look.instants(name)
    if instants is None or len(instants) < FEWEST:
        return False
    rows = np.arange(len(instants))
    return bool((steps_within(instants, np.zeros(len(instants)), rows) == 1).all())
