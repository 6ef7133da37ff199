"""The one array type of the package: shapes and dtypes are told by each docstring."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Floating: TypeAlias = type[np.float32] | type[np.float64]


def surely_finite(values: Array) -> bool:
    """Whether the sum of the squares is finite, and so every value; one pass, with nothing allocated.

    False says little: some value is infinite or NaN, or is so large that its square is.
    """
    return math.isfinite(np.vdot(values, values))
