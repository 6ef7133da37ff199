"""Tables with a case a row whose answer stands first or last, called as answers are elsewhere: `y`, `target_class`.

In a table of steps these are names of channels, so they answer only beside columns that are all numbered as steps are.
"""

from collections.abc import Sequence

import numpy as np

from service.ingest.contents import Guess, Look
from service.ingest.wide_columns import guessed_channels

NAMES = frozenset(
    {"y", "y_true", "outcome", "response", "labels", "targets", "classes", "class_id", "classid", "output"}
)
FEWEST_STEPS = 8
"""Columns from which a run of numbers is taken for steps where nothing but a name tells of an answer."""
FEWEST_CASES = 2
"""Rows that each class has on the average, at least."""


def answer_at_the_side(names: Sequence[str]) -> str | None:
    """The column that is called as answers are, if it is the first or the last and all others are steps."""
    found = next((name for name in (*names[-1:], *names[:1]) if name.strip().lower() in NAMES), None)
    others = [name for name in names if name != found]
    steps = [name for columns in guessed_channels(others, FEWEST_STEPS).values() for name in columns]
    return found if found is not None and steps and len(steps) == len(others) else None


def guess_answer(name: str, look: Look) -> tuple[tuple[str, Guess], tuple[str, Guess]] | None:
    """By role what the column holds, and what else that could be: texts and few whole numbers are labels."""
    codes = look.codes(name)
    several = len(codes) >= FEWEST_CASES * len(np.unique(codes))
    if look.text(name) or (look.whole(name) and several):
        other = () if look.text(name) else ((name, "it holds numbers"),)
        return ("label", Guess(name)), ("target", Guess(None, other))
    if look.numeric(name):
        return ("target", Guess(name)), ("label", Guess(None, ((name, "it holds numbers"),)))
    return None
