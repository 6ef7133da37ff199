"""How long batches take, as far as is known: what decides where they are computed."""

import math
from collections.abc import Hashable

REMEMBERED = 1024
"""How many kinds of batches; beyond it everything is forgotten, and measured again."""
INERTIA = 8
"""A batch that took longer than expected counts for an eighth: most of them met with something else that was busy."""


class Paces:
    """Remembers seconds by kind, which is a key and the power of two that the rows fit into."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._seconds: dict[tuple[Hashable, int], float] = {}

    def expected(self, key: Hashable, rows: int) -> float:
        """Seconds that such a batch takes; infinite if none was measured: the first of its kind makes its plan."""
        return self._seconds.get((key, (rows - 1).bit_length()), math.inf)

    def note(self, key: Hashable, rows: int, seconds: float) -> None:
        """Take what a batch took."""
        if len(self._seconds) >= REMEMBERED:
            self._seconds.clear()
        kind = key, (rows - 1).bit_length()
        before = self._seconds.get(kind, seconds)
        self._seconds[kind] = min(seconds, before + (seconds - before) / INERTIA)
