"""Equal cases are found, within a set and between two."""

import numpy as np
import pytest

from model.data import blocks, likeness
from model.data.likeness import case_keys, repeated, shared
from model.data.series import Series

VALUES = np.random.default_rng(0).standard_normal((5, 6, 2)).astype(np.float32)


def test_cases_are_equal_when_all_their_values_are() -> None:
    cases = [VALUES[0], VALUES[1], VALUES[0], VALUES[0][:5], VALUES[1][::-1], VALUES[1]]
    found = repeated(case_keys(Series.from_cases(cases)))
    assert found.cases.tolist() == [2, 5]
    assert found.firsts.tolist() == [0, 1]


def test_missing_values_are_equal_whatever_their_bits_and_so_are_zeros() -> None:
    one, other = np.zeros((2, 1), np.float32), -np.zeros((2, 1), np.float32)
    one[0], other[0] = np.nan, -np.nan
    assert repeated(case_keys(Series.from_cases([one, other]))).cases.tolist() == [1]


def test_a_case_of_another_set_is_found_by_its_first_place() -> None:
    ours, theirs = (Series.from_cases(list(VALUES[places])) for places in ([0, 1, 2], [4, 2, 2, 1]))
    found = shared(case_keys(ours), case_keys(theirs))
    assert found.cases.tolist() == [1, 2]
    assert found.firsts.tolist() == [3, 1]


def test_cases_longer_than_a_block_are_compared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    series = Series.from_cases([VALUES[0], VALUES[1], VALUES[0]])
    monkeypatch.setattr(blocks, "BLOCK", 4)
    monkeypatch.setattr(likeness, "BLOCK", 4)
    assert repeated(case_keys(series)).cases.tolist() == [2]
