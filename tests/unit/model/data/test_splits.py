import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.series import Series
from model.data.splits import holdout
from model.errors import InvalidSeries


def labelled(groups: list[int]) -> Series:
    return Series.from_cases([np.zeros((1, 1))] * len(groups), labels=[f"class {group}" for group in groups])


GROUPS = st.lists(st.integers(0, 4), min_size=2, max_size=60)
FRACTIONS = st.floats(0.01, 0.9)


@given(GROUPS, FRACTIONS, st.integers(0, 99))
def test_every_case_is_trained_on_or_held_back(groups: list[int], fraction: float, seed: int) -> None:
    split = holdout(labelled(groups), fraction, np.random.default_rng(seed))
    assert np.array_equal(np.sort(np.concatenate(split)), np.arange(len(groups)))
    assert len(split.training) > 0
    assert len(split.held) > 0


@given(GROUPS, FRACTIONS, st.integers(0, 99))
def test_each_class_is_within_one_case_of_its_share(groups: list[int], fraction: float, seed: int) -> None:
    series = labelled(groups)
    assert series.labels is not None
    split = holdout(series, fraction, np.random.default_rng(seed))
    total = min(max(round(fraction * len(groups)), 1), len(groups) - 1)
    sizes = np.bincount(series.labels)
    held = np.bincount(series.labels[split.held], minlength=len(sizes))
    assert (np.abs(held - sizes * total / len(groups)) <= 1 + 1e-9).all()


@given(GROUPS, st.floats(0.01, 0.5), st.integers(0, 99))
def test_no_class_of_several_cases_is_held_back_whole(groups: list[int], fraction: float, seed: int) -> None:
    series = labelled(groups)
    assert series.labels is not None
    split = holdout(series, fraction, np.random.default_rng(seed))
    sizes = np.bincount(series.labels)
    left = np.bincount(series.labels[split.training], minlength=len(sizes))
    assert (left[sizes > 1] > 0).all()


def test_the_split_follows_the_generator_alone() -> None:
    series = labelled([0, 1] * 20)
    first, again, other = (holdout(series, 0.3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.held, again.held)
    assert not np.array_equal(first.held, other.held)


def test_targets_are_held_back_at_random() -> None:
    series = Series.from_cases([np.zeros((1, 1))] * 10, targets=np.arange(10.0))
    assert len(holdout(series, 0.2, np.random.default_rng(0)).held) == 2


def test_one_case_cannot_be_split() -> None:
    with pytest.raises(InvalidSeries, match="one case"):
        holdout(labelled([0]), 0.5, np.random.default_rng(0))
