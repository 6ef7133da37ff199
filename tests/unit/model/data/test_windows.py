import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.arrays import Array
from model.data import windows
from model.data.series import Series
from model.data.splits import of_cases
from model.data.windows import Windowing
from model.errors import InvalidSeries

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=4)
WINDOWINGS = st.builds(Windowing, st.integers(1, 6), st.integers(1, 4), st.integers(1, 5))


def counted(lengths: list[int]) -> Series:
    """Cases whose values tell the case and the step."""
    return Series.from_cases(
        [
            np.stack([np.full(length, index), np.arange(length)], axis=1).astype(float)
            for index, length in enumerate(lengths)
        ]
    )


@given(LENGTHS, WINDOWINGS)
def test_windows_are_those_of_a_loop_over_cases_and_steps(lengths: list[int], windowing: Windowing) -> None:
    series = counted(lengths)
    expected = [
        (index, start)
        for index, length in enumerate(lengths)
        for start in range(0, length - windowing.span + 1, windowing.stride)
    ]
    if not expected:
        with pytest.raises(InvalidSeries, match=f"need {windowing.span}"):
            windows.window_starts(series, windowing)
        return
    starts = windows.window_starts(series, windowing)
    seen, ahead = windows.inputs(series.values, starts, windowing), windows.following(series.values, starts, windowing)
    assert seen.shape == (len(expected), windowing.window, 2)
    assert ahead.shape == (len(expected), 2, windowing.horizon)
    for place, (index, start) in enumerate(expected):
        assert (seen[place, :, 0] == index).all()
        assert (ahead[place, 0] == index).all()
        steps = [*seen[place, :, 1], *ahead[place, 1]]
        assert steps == list(range(start, start + windowing.span))


@given(LENGTHS, WINDOWINGS, st.floats(0.05, 0.9))
def test_training_never_sees_a_step_that_is_forecast_in_validation(
    lengths: list[int], windowing: Windowing, fraction: float
) -> None:
    series = counted([length + windowing.span for length in lengths])
    starts = windows.window_starts(series, windowing)
    try:
        split, kept = windows.split_in_time(series, starts, windowing, fraction)
    except InvalidSeries as error:
        assert "no window to" in error.message  # noqa: PT017 - some splits have no room
        return
    case = np.searchsorted(series.offsets, starts, side="right") - 1
    first = starts - series.offsets[case]
    assert (first[split.training] + windowing.span <= kept[case[split.training]]).all()
    assert (first[split.held] + windowing.window >= kept[case[split.held]]).all()
    assert not set(split.training) & set(split.held)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), WINDOWINGS, st.floats(0.01, 0.9), st.data())
def test_the_outermost_windows_tell_whether_a_split_leaves_a_side_empty(
    lengths: list[int], windowing: Windowing, fraction: float, data: st.DataObject
) -> None:
    series = counted(lengths)
    if max(lengths) < windowing.span:
        with pytest.raises(InvalidSeries, match="need"):
            windows.outermost_starts(series, windowing)
        return
    every, outermost = windows.window_starts(series, windowing), windows.outermost_starts(series, windowing)
    assert set(outermost) <= set(every)
    held = data.draw(st.sets(st.integers(0, len(lengths) - 1), min_size=1, max_size=len(lengths) - 1))
    cases = of_cases(series.cases, sorted(held))

    def refused(starts: Array) -> list[str]:
        messages = []
        for split in (
            lambda: windows.split_in_time(series, starts, windowing, fraction),
            lambda: windows.split_by_case(series, starts, cases),
        ):
            try:
                split()
            except InvalidSeries as refusal:
                messages.append(refusal.message)
        return messages

    assert refused(outermost) == refused(every)


def test_the_last_part_of_each_case_is_held_back() -> None:
    series = counted([100, 50])
    windowing = Windowing(4, 2)
    split, kept = windows.split_in_time(series, windows.window_starts(series, windowing), windowing, 0.2)
    assert kept.tolist() == [80, 40]
    assert (len(split.training), len(split.held)) == (75 + 35, 19 + 9)


def test_a_case_too_short_for_validation_is_refused_with_what_would_help() -> None:
    series = counted([10])
    windowing = Windowing(6, 3)
    with pytest.raises(InvalidSeries, match="shorter window or horizon"):
        windows.split_in_time(series, windows.window_starts(series, windowing), windowing, 0.3)


@given(st.lists(st.integers(8, 30), min_size=2, max_size=6), WINDOWINGS, st.data())
def test_windows_of_cases_held_back_are_of_these_cases_alone(
    lengths: list[int], windowing: Windowing, data: st.DataObject
) -> None:
    series = counted([length + windowing.span for length in lengths])
    chosen = data.draw(st.sets(st.integers(0, len(lengths) - 1), min_size=1, max_size=len(lengths) - 1))
    starts = windows.window_starts(series, windowing)
    split = windows.split_by_case(series, starts, of_cases(series.cases, sorted(chosen)))
    seen = windows.inputs(series.values, starts, windowing)[..., 0]
    assert set(seen[split.held].ravel()) == chosen
    assert not set(seen[split.training].ravel()) & chosen


@given(LENGTHS, st.integers(1, 6), st.integers(1, 6))
def test_windows_that_cover_a_case_are_those_of_a_loop_and_leave_no_step_out(
    lengths: list[int], window: int, stride: int
) -> None:
    series, windowing = counted(lengths), Windowing(window, 0, stride)
    cut = windows.cover(series.offsets[:-1], series.lengths, windowing)
    expected = []
    for case, length in enumerate(lengths):
        begun = [*range(0, max(length - window, 0), stride), max(length - window, 0)]
        expected += [(case, start, min(length, window)) for start in begun]
        assert cut.counts[case] == len(begun)
    found = series.values[cut.starts]
    assert [(*map(int, first), int(length)) for first, length in zip(found, cut.lengths, strict=True)] == expected
    seen = {row for start, length in zip(cut.starts, cut.lengths, strict=True) for row in range(start, start + length)}
    assert stride > window or seen == set(range(len(series.values)))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_the_mean_is_that_of_each_cases_own_windows(counts: list[int]) -> None:
    values = np.random.default_rng(0).normal(size=(sum(counts), 3)).astype(np.float32)
    parts = np.split(values, np.cumsum(counts)[:-1])
    np.testing.assert_allclose(
        windows.means(values, np.array(counts)), [part.mean(axis=0) for part in parts], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(windows.firsts(values, np.array(counts)), [part[0] for part in parts])
    assert windows.means(values, None) is values


def test_more_windows_than_memory_should_hold_are_refused_with_the_stride_that_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows, "MOST", 20)
    series = counted([100])
    with pytest.raises(InvalidSeries, match="a stride of about 5 makes them"):
        windows.cover(series.offsets[:-1], series.lengths, Windowing(10, 0, 1))
    with pytest.raises(InvalidSeries, match="89 windows; at most 20"):
        windows.window_starts(series, Windowing(10, 2, 1))
    assert len(windows.cover(series.offsets[:-1], series.lengths, Windowing(10, 0, 5)).starts) == 19
