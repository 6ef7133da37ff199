import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.data.scaling import Preprocessing
from model.data.series import Series
from model.data.stretches import filled
from tests.arbitrary_series import series


@given(series(longest=40), st.integers(0, 5), st.integers(1, 30), st.sampled_from(["channel", "none"]))
def test_stretches_are_the_cases_filled_as_a_whole(some: Series, overlap: int, block: int, scaling: str) -> None:
    fitted = Preprocessing.fit(some, scaling, "interpolate")  # type: ignore[arg-type]  # one of the two above
    whole = fitted.apply_all(some.values, some.offsets)
    seen = 0
    for stretch in filled(some, fitted, overlap, block):
        assert stretch.first == seen
        np.testing.assert_array_equal(stretch.values, whole[seen : seen + len(stretch.values)])
        last = int(some.offsets[np.searchsorted(some.offsets, stretch.end - 1, side="right")])  # of its last case
        assert seen + len(stretch.values) == min(stretch.end + overlap, last)
        seen = stretch.end
    assert seen == len(some.values)


def test_what_fills_a_gap_may_be_far_away() -> None:
    values = np.full((2000, 2), np.nan, np.float32)
    values[[3, 1990], 0], values[1000, 1] = [1, 5], 7
    some = Series.from_cases([values])
    fitted = Preprocessing("none", "interpolate", np.zeros(2, np.float32), np.ones(2, np.float32))
    whole = fitted.apply_all(values, some.offsets)
    parts = [stretch.values for stretch in filled(some, fitted, 0, 100)]
    assert len(parts) == 40
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@given(series(longest=20), st.data())
def test_statistics_of_first_steps_are_those_of_series_that_end_there(some: Series, data: st.DataObject) -> None:
    kept = np.array([data.draw(st.integers(1, int(length))) for length in some.lengths])
    cut = Series.from_cases([some.case(place)[:steps] for place, steps in enumerate(kept)])
    ours, theirs = Preprocessing.fit(some, "robust", "zero", None, kept), Preprocessing.fit(cut, "robust", "zero")
    np.testing.assert_array_equal(ours.mean, theirs.mean)
    np.testing.assert_array_equal(ours.deviation, theirs.deviation)
