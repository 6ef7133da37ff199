import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.series import Series
from model.data.splits import by_case, by_group, latest, of_cases, of_groups
from model.errors import InvalidSeries


def labelled(groups: list[int]) -> Series:
    return Series.from_cases([np.zeros((1, 1))] * len(groups), labels=[f"class {group}" for group in groups])


GROUPS = st.lists(st.integers(0, 4), min_size=2, max_size=60)
FRACTIONS = st.floats(0.01, 0.9)


@given(GROUPS, FRACTIONS, st.integers(0, 99))
def test_every_case_is_trained_on_or_held_back(groups: list[int], fraction: float, seed: int) -> None:
    split = by_case(labelled(groups), fraction, np.random.default_rng(seed))
    assert np.array_equal(np.sort(np.concatenate(split)), np.arange(len(groups)))
    assert len(split.training) > 0
    assert len(split.held) > 0


@given(GROUPS, FRACTIONS, st.integers(0, 99))
def test_each_class_is_within_one_case_of_its_share(groups: list[int], fraction: float, seed: int) -> None:
    series = labelled(groups)
    assert series.labels is not None
    split = by_case(series, fraction, np.random.default_rng(seed))
    total = min(max(round(fraction * len(groups)), 1), len(groups) - 1)
    sizes = np.bincount(series.labels)
    held = np.bincount(series.labels[split.held], minlength=len(sizes))
    assert (np.abs(held - sizes * total / len(groups)) <= 1 + 1e-9).all()


@given(GROUPS, st.floats(0.01, 0.5), st.integers(0, 99))
def test_no_class_of_several_cases_is_held_back_whole(groups: list[int], fraction: float, seed: int) -> None:
    series = labelled(groups)
    assert series.labels is not None
    split = by_case(series, fraction, np.random.default_rng(seed))
    sizes = np.bincount(series.labels)
    left = np.bincount(series.labels[split.training], minlength=len(sizes))
    assert (left[sizes > 1] > 0).all()


def test_the_split_follows_the_generator_alone() -> None:
    series = labelled([0, 1] * 20)
    first, again, other = (by_case(series, 0.3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.held, again.held)
    assert not np.array_equal(first.held, other.held)


def test_targets_are_held_back_at_random() -> None:
    series = Series.from_cases([np.zeros((1, 1))] * 10, targets=np.arange(10.0))
    assert len(by_case(series, 0.2, np.random.default_rng(0)).held) == 2


def test_one_case_cannot_be_split() -> None:
    with pytest.raises(InvalidSeries, match="one case"):
        by_case(labelled([0]), 0.5, np.random.default_rng(0))


def grouped(members: list[tuple[int, int]]) -> Series:
    """Cases by class and group."""
    return Series.from_cases(
        [np.zeros((1, 1))] * len(members),
        labels=[f"class {label}" for label, _ in members],
        groups=[f"group {group}" for _, group in members],
    )


MEMBERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=2, max_size=60)


@given(MEMBERS, FRACTIONS, st.integers(0, 99))
def test_no_group_is_on_both_sides(members: list[tuple[int, int]], fraction: float, seed: int) -> None:
    series = grouped(members)
    assert series.groups is not None
    if len({group for _, group in members}) == 1:
        with pytest.raises(InvalidSeries, match="one group"):
            by_group(series, fraction, np.random.default_rng(seed))
        return
    split = by_group(series, fraction, np.random.default_rng(seed))
    assert not set(series.groups[split.training]) & set(series.groups[split.held])
    assert np.array_equal(np.sort(np.concatenate(split)), np.arange(len(members)))
    assert len(split.training) > 0
    assert len(split.held) > 0


@given(st.integers(0, 99), st.floats(0.15, 0.5))
def test_groups_of_like_size_give_about_the_share_asked_for_of_every_class(seed: int, fraction: float) -> None:
    series = grouped([(label, group) for group in range(20) for label in (0, 0, 1)])
    split = by_group(series, fraction, np.random.default_rng(seed))
    assert series.labels is not None
    held = np.bincount(series.labels[split.held])
    assert abs(len(split.held) / 60 - fraction) <= 0.05
    assert held[0] == 2 * held[1]


def test_a_class_of_a_single_group_is_trained_on() -> None:
    series = grouped([(0, 0), (0, 1), (0, 2), (1, 3), (1, 3)])
    for seed in range(20):
        split = by_group(series, 0.4, np.random.default_rng(seed))
        assert {3, 4} <= set(split.training)


def test_the_latest_cases_validate() -> None:
    assert latest(10, 0.3).held.tolist() == [7, 8, 9]
    assert latest(2, 0.01).held.tolist() == [1]
    with pytest.raises(InvalidSeries, match="one case"):
        latest(1, 0.5)


def test_what_is_given_is_kept_back() -> None:
    series = grouped([(0, 0), (1, 1), (0, 2), (1, 0)])
    assert of_groups(series, ["group 0", "group 2"]).held.tolist() == [0, 2, 3]
    assert of_cases(4, [3, 1, 3]).held.tolist() == [1, 3]
    with pytest.raises(InvalidSeries, match="either side"):
        of_cases(2, [0, 1])
