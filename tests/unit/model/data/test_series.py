from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.arrays import Array
from model.data.series import Series, offsets_of
from model.errors import InvalidSeries
from tests.arbitrary_series import cases, series

NAN = np.float32(np.nan)


@given(cases())
def test_cases_come_back_as_they_went_in(arrays: list[Array]) -> None:
    held = Series.from_cases(arrays)
    assert held.cases == len(arrays)
    assert held.lengths.tolist() == [len(array) for array in arrays]
    for index, array in enumerate(arrays):
        np.testing.assert_array_equal(held.case(index), array)


@given(series(), st.data())
def test_a_selection_holds_the_chosen_cases_in_their_order(held: Series, data: st.DataObject) -> None:
    indices = np.array(data.draw(st.lists(st.integers(0, held.cases - 1), min_size=1)), np.int64)
    chosen = held.select(indices)
    for place, index in enumerate(indices):
        np.testing.assert_array_equal(chosen.case(place), held.case(int(index)))


def test_a_selection_keeps_labels_targets_and_all_classes() -> None:
    labelled = Series.from_cases([np.zeros((2, 1))] * 3, labels=["b", "a", "c"]).select(np.array([2, 0]))
    assert labelled.classes == ("a", "b", "c")
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [2, 1]
    targeted = Series.from_cases([np.zeros((2, 1))] * 3, targets=np.array([1.0, 2.0, 3.0])).select(np.array([1]))
    assert targeted.targets is not None
    assert targeted.targets.tolist() == [[2.0]]


def test_the_task_follows_from_what_comes_with_the_series() -> None:
    arrays = [np.zeros((2, 1)), np.ones((3, 1))]
    assert Series.from_cases(arrays, labels=["x", "y"]).task == "classification"
    assert Series.from_cases(arrays, targets=np.array([1.0, 2.0])).task == "regression"
    assert Series.from_cases(arrays).task == "forecasting"


def test_the_facts_count_labels_lengths_and_missing_values() -> None:
    held = Series.from_cases([np.array([[1, NAN], [NAN, 2]]), np.ones((3, 2))], ["u", "v"], labels=["walk", "rest"])
    facts = held.describe()
    assert (facts.cases, facts.channels, facts.length_min, facts.length_max) == (2, ("u", "v"), 2, 3)
    assert facts.labels == {"rest": 1, "walk": 1}
    assert facts.missing == 2
    assert facts.target is None
    assert facts.target_width is None


def test_the_facts_give_the_range_of_targets() -> None:
    facts = Series.from_cases([np.ones((2, 1))] * 3, targets=np.array([[1.0], [2.0], [6.0]])).describe()
    assert facts.target == {"min": 1.0, "max": 6.0, "mean": 3.0}
    assert facts.target_width == 1


def test_channels_without_names_are_numbered() -> None:
    assert Series.from_cases([np.zeros((1, 3))]).channels == ("c0", "c1", "c2")


def test_equal_contents_have_one_digest_whatever_their_bits() -> None:
    quiet, payload = np.array([[0.0], [np.nan]], np.float32), np.array([[-0.0], [0.0]], np.float32)
    payload.view(np.uint32)[1] = 0xFFC12345
    assert Series.from_cases([quiet]).digest() == Series.from_cases([payload]).digest()


@pytest.mark.parametrize(
    "changed",
    [
        Series.from_cases([np.zeros((4, 1))], ["a"], labels=["x"]),
        Series.from_cases([np.zeros((2, 1))] * 2, ["b"], labels=["x", "y"]),
        Series.from_cases([np.zeros((2, 1))] * 2, ["a"], labels=["x", "z"]),
        Series.from_cases([np.zeros((2, 1))] * 2, ["a"], labels=["y", "x"]),
        Series.from_cases([np.zeros((2, 1)), np.ones((2, 1))], ["a"], labels=["x", "y"]),
        Series.from_cases([np.zeros((1, 1)), np.zeros((3, 1))], ["a"], labels=["x", "y"]),
        Series.from_cases([np.zeros((2, 1))] * 2, ["a"], targets=np.zeros(2)),
        Series.from_cases([np.zeros((2, 1))] * 2, ["a"]),
    ],
)
def test_another_content_has_another_digest(changed: Series) -> None:
    assert changed.digest() != Series.from_cases([np.zeros((2, 1))] * 2, ["a"], labels=["x", "y"]).digest()


def made(**changes: Any) -> Series:
    parts: dict[str, Any] = {
        "values": np.zeros((4, 1), np.float32),
        "offsets": np.array([0, 2, 4], np.int64),
        "channels": ("a",),
    }
    return Series(**{**parts, **changes})


REFUSED: dict[str, tuple[Callable[[], Series], str]] = {
    "no cases": (lambda: Series.from_cases([]), "no cases"),
    "a flat case": (lambda: Series.from_cases([np.zeros(3)]), r"Case 0 has shape \(3,\)"),
    "ragged channels": (lambda: Series.from_cases([np.zeros((2, 2)), np.zeros((2, 3))]), r"Case 1 .* \(length, 2\)"),
    "an empty case": (lambda: Series.from_cases([np.zeros((2, 1)), np.zeros((0, 1))]), "Case 1 has no steps"),
    "no channels": (lambda: Series.from_cases([np.zeros((2, 0))]), "0 channels"),
    "an infinite value": (
        lambda: Series.from_cases([np.zeros((3, 2)), np.array([[0, 0], [0, 1e300]])], ["u", "v"]),
        "Case 1 holds inf in channel 'v' at step 1",
    ),
    "one name for two channels": (lambda: Series.from_cases([np.zeros((2, 2))], ["u", "u"]), "'u'"),
    "too few names": (lambda: Series.from_cases([np.zeros((2, 2))], ["u"]), "1 channels are named"),
    "too few labels": (lambda: Series.from_cases([np.zeros((2, 1))] * 2, labels=["x"]), "1 labels for 2 cases"),
    "too few targets": (lambda: Series.from_cases([np.zeros((2, 1))] * 2, targets=np.zeros(1)), r"\(1, 1\)"),
    "a missing target": (lambda: Series.from_cases([np.zeros((2, 1))], targets=np.array([np.nan])), "target of case 0"),
    "an infinite target": (lambda: Series.from_cases([np.zeros((2, 1))], targets=np.array([1e300])), "is inf"),
    "labels and targets": (
        lambda: Series.from_cases([np.zeros((2, 1))], labels=["x"], targets=np.zeros(1)),
        "not both",
    ),
    "float64": (lambda: made(values=np.zeros((4, 1))), "must be float32"),
    "a hole in front": (lambda: made(offsets=np.array([1, 4], np.int64)), "from 0 to 4"),
    "a short end": (lambda: made(offsets=np.array([0, 3], np.int64)), "from 0 to 4"),
    "a step back": (lambda: made(offsets=np.array([0, 5, 4], np.int64)), "Case 1 has no steps"),
    "labels without classes": (lambda: made(labels=np.zeros(2, np.int64)), "come together"),
    "unsorted classes": (lambda: made(labels=np.zeros(2, np.int64), classes=("b", "a")), "sorted"),
    "a label beyond": (lambda: made(labels=np.array([0, 2], np.int64), classes=("a", "b")), "below 2"),
    "float64 targets": (lambda: made(targets=np.zeros((2, 1))), "must be float32"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_series_is_refused_by_name(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(InvalidSeries, match=message):
        make()


@given(st.lists(st.integers(0, 20)))
def test_offsets_are_the_running_total_of_lengths(lengths: list[int]) -> None:
    offsets = offsets_of(np.array(lengths, np.int64))
    assert offsets.tolist() == [sum(lengths[:end]) for end in range(len(lengths) + 1)]


def test_groups_are_kept_counted_and_part_of_the_digest() -> None:
    arrays = [np.zeros((2, 1))] * 3
    held = Series.from_cases(arrays, labels=["x", "y", "x"], groups=["tom", "ann", "tom"])
    assert held.group_names == ("ann", "tom")
    assert held.groups is not None
    assert held.groups.tolist() == [1, 0, 1]
    assert held.describe().groups == {"ann": 1, "tom": 2}
    chosen = held.select(np.array([1]))
    assert chosen.groups is not None
    assert (chosen.groups.tolist(), chosen.group_names) == ([0], ("ann", "tom"))
    assert held.digest() != Series.from_cases(arrays, labels=["x", "y", "x"]).digest()


def test_groups_without_names_are_refused() -> None:
    held = Series.from_cases([np.zeros((2, 1))] * 2)
    with pytest.raises(InvalidSeries, match="Groups and group_names come together"):
        Series(held.values, held.offsets, held.channels, groups=np.zeros(2, np.int64))
