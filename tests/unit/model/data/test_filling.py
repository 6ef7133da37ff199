import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.data import filling
from model.data.series import Series
from tests.arbitrary_series import series


@given(series(), st.floats(-5, 5, width=32))
def test_interpolation_is_numpys_for_each_case_and_channel(held: Series, unobserved: float) -> None:
    channels = held.values.shape[1]
    filled = held.values.copy()
    filling.interpolate(filled, held.offsets, np.full(channels, unobserved, np.float32))
    for index in range(held.cases):
        case = held.case(index)
        steps = np.arange(len(case))
        for channel in range(channels):
            known = ~np.isnan(case[:, channel])
            expected = np.full(len(case), unobserved)
            if known.any():
                expected = np.interp(steps, steps[known], case[known, channel])
            result = filled[held.offsets[index] : held.offsets[index + 1], channel]
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-2)


@given(series())
def test_observed_values_stay_as_they_are(held: Series) -> None:
    known = ~np.isnan(held.values)
    for fill in (filling.interpolate, filling.zero):
        filled = held.values.copy()
        fill(filled, held.offsets, np.zeros(held.values.shape[1], np.float32))
        np.testing.assert_array_equal(filled[known], held.values[known])
        assert not np.isnan(filled).any()


def test_extremes_are_interpolated_without_leaving_float32() -> None:
    values = np.array([[-3e38], [np.nan], [3e38]], np.float32)
    filling.interpolate(values, np.array([0, 3]), np.zeros(1, np.float32))
    assert values[1, 0] == 0


def test_zero_fills_gaps_with_zero() -> None:
    values = np.array([[1, np.nan], [np.nan, 2]], np.float32)
    filling.zero(values, np.array([0, 2]), np.full(2, 9, np.float32))
    assert values.tolist() == [[1, 0], [0, 2]]
