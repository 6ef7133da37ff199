"""The one array type of the package: shapes and dtypes are told by each docstring."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Floating: TypeAlias = type[np.float32] | type[np.float64]
