import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.arrays import Array
from model.data.order_statistics import quantiles
from model.data.scaling import Preprocessing
from model.data.series import Series

ANY = st.floats(width=32, allow_infinity=False)
COLUMNS = st.lists(st.tuples(ANY, ANY), min_size=1, max_size=40)
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def sorted_quantile(x: Array, share: float) -> float:
    """The slow truth: by sorting."""
    ordered = sorted(float(value) for value in x if not np.isnan(value))
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    return low + (high - low) * (place - np.floor(place))


@given(COLUMNS, st.integers(1, 40))
def test_quantiles_are_those_of_the_sorted_values_however_they_come(rows: list[tuple[float, float]], size: int) -> None:
    values = np.array(rows, np.float32)
    blocks = [values[start : start + size] for start in range(0, len(values), size)]
    found = quantiles(lambda: iter(blocks), 2, SHARES)
    expected = [[sorted_quantile(column, share) for column in values.T] for share in SHARES]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_many_channels_are_counted_a_few_at_a_time() -> None:
    values = np.random.default_rng(0).normal(size=(11, 130)).astype(np.float32)
    found = quantiles(lambda: iter([values]), 130, (0.5,))
    np.testing.assert_array_equal(found[0], np.sort(values, axis=0)[5])


def test_a_robust_scale_is_not_moved_by_a_few_values_far_away() -> None:
    values = np.random.default_rng(0).normal(5, 2, (2000, 1)).astype(np.float32)
    values[:20] = 1e6
    fitted = Preprocessing.fit(Series.from_cases([values]), "robust", "interpolate")
    assert fitted.mean[0] == pytest.approx(5, abs=0.2)
    assert fitted.deviation[0] == pytest.approx(2, abs=0.2)


def test_a_channel_that_is_mostly_one_value_keeps_its_deviation() -> None:
    values = np.zeros((100, 1), np.float32)
    values[0] = 10
    fitted = Preprocessing.fit(Series.from_cases([values]), "robust", "interpolate")
    assert fitted.mean.tolist() == [0.0]
    assert fitted.deviation[0] == pytest.approx(values.std())


def test_quartiles_that_are_next_to_the_same_blow_nothing_up() -> None:
    values = np.array([[0.0], [0.0], [1e-40], [1e-40], [1e-40], [1e4]], np.float32)
    series = Series.from_cases([values])
    fitted = Preprocessing.fit(series, "robust", "mask")
    assert np.isfinite(fitted.apply(series.case(0))).all()


def test_a_mask_says_what_was_observed() -> None:
    case = np.array([[1, np.nan], [np.nan, 4], [3, 5]], np.float32)
    fitted = Preprocessing("none", "mask", np.zeros(2, np.float32), np.ones(2, np.float32))
    np.testing.assert_array_equal(fitted.apply(case), [[1, 4, 1, 0], [2, 4, 0, 1], [3, 5, 1, 1]])
