"""How much of what costs us, and brings nobody anything, is borne from one peer."""

import time

BORNE = 10_000
"""At once: resets, pings, settings, empty frames."""
BORNE_EACH_SECOND = 1_000


class Patience:
    """Is used up by frames that are no work, and comes back with time."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self._left = float(BORNE)
        self._seen = time.monotonic()

    def try_to_bear(self) -> bool:
        """Bear one more, unless it is too much."""
        now = time.monotonic()
        self._left = min(BORNE, self._left + (now - self._seen) * BORNE_EACH_SECOND) - 1
        self._seen = now
        return self._left > 0
