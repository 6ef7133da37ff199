"""Filling beyond the first and the last observed step of a case."""

import numpy as np

from model.data import filling


def test_the_nearest_observed_step_is_repeated_exactly_however_long_the_gap() -> None:
    lone = np.full((100_000, 1), np.nan, np.float32)
    lone[40_000] = 0.1
    filling.interpolate(lone, np.array([0, len(lone)]), np.zeros(1, np.float32))
    assert (lone == np.float32(0.1)).all()


def test_no_step_of_another_case_is_repeated() -> None:
    values = np.array([[1], [np.nan], [np.nan], [2]], np.float32)
    filling.interpolate(values, np.array([0, 2, 4]), np.zeros(1, np.float32))
    assert values[:, 0].tolist() == [1, 1, 2, 2]
