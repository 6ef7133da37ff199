"""The most likely classes of a row, as the protocol's classification extension wants them."""

import numpy as np
import pytest

from service.edge.prediction import most_likely
from service.errors import InvalidRequest

ROWS = np.array([[0.1, 0.7, 0.2], [0.5, 0.25, 0.25]], np.float32)
LABELS = ("a", "b", "c")


def test_the_largest_come_first_with_value_index_and_label() -> None:
    best = most_likely(ROWS, 2, LABELS)
    assert best.tolist() == [["0.700000:1:b", "0.200000:2:c"], ["0.500000:0:a", "0.250000:1:b"]]


def test_more_than_there_are_is_all_of_them() -> None:
    assert most_likely(ROWS, 99, LABELS).shape == (2, 3)


def test_only_probabilities_can_be_classified() -> None:
    with pytest.raises(InvalidRequest):
        most_likely(np.array(["a"], dtype=object), 1, LABELS)
    with pytest.raises(InvalidRequest):
        most_likely(ROWS[0], 1, LABELS)
