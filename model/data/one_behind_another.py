"""Cases that stand one behind another in a flat array, whatever is known of them beside."""

from __future__ import annotations

import numpy as np

from model.arrays import Array


class OneBehindAnother:
    """offsets: (N + 1,) int64, where each case begins and the last one ends."""

    offsets: Array

    @property
    def cases(self) -> int:
        """How many cases: N."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Array:
        """(N,) int64: the steps of each case."""
        return np.diff(self.offsets)
