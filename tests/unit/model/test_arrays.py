"""Whether all values are finite, told in one pass: never wrongly so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from model.arrays import Array, surely_finite


@given(npst.arrays(st.sampled_from([np.float32, np.float64]), npst.array_shapes(max_dims=3, max_side=6)))
def test_what_is_surely_finite_is_finite(values: Array) -> None:
    assert not surely_finite(values) or np.isfinite(values).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("place", [0, 57, 599])
def test_one_value_that_is_not_finite_is_enough(value: float, place: int) -> None:
    values = np.ones(600, np.float32)
    assert surely_finite(values.reshape(6, 100).T)
    values[place] = value
    assert not surely_finite(values.reshape(6, 100).T)
