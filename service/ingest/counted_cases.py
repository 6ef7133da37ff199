"""Tables without a header whose first column names a case and whose second counts its steps, as logs of engines do."""

from collections.abc import Sequence
from itertools import groupby

FEWEST_STEPS = 3
"""Steps of the first case."""
FEWEST_COLUMNS = 3


def name_and_count(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the rows begin with the number of a case and with a count that begins again with each case."""
    if not rows or len(rows[0]) < FEWEST_COLUMNS or any(len(row) < FEWEST_COLUMNS for row in rows):
        return False
    cases = [[row[1].strip() for row in some] for _, some in groupby(rows, lambda row: row[0].strip())]
    names = [name for name, _ in groupby(row[0].strip() for row in rows)]
    first = cases[0][0]
    if len(cases[0]) < FEWEST_STEPS or first not in {"0", "1"} or len(set(names)) < len(names):
        return False
    begin = int(first)
    counted = all(count == [str(begin + step) for step in range(len(count))] for count in cases)
    return counted and all(name.isdecimal() for name in names)
