"""What cannot be trained is refused when it is settled: at its place, by its value."""

from typing import Any

import numpy as np
import pytest

from model.data.outline import Outline
from model.data.series import Series
from model.errors import InvalidSeries, InvalidSpec
from model.training.settlement import settle
from model.training.spec import TrainingSpec
from tests.unit.model.training.test_settled_trains import NETWORKS, SMALL, settled, trains


def labelled(labels: str, groups: str | None = None, length: int = 6) -> Series:
    """A case for each letter."""
    cases = list(np.random.default_rng(0).normal(size=(len(labels), length, 1)).astype(np.float32))
    return Series.from_cases(cases, labels=list(labels), groups=None if groups is None else list(groups))


def steps(*lengths: int) -> Series:
    return Series.from_cases([np.arange(length, dtype=np.float32)[:, None] for length in lengths])


REFUSED: dict[str, tuple[Series, dict[str, Any], str, str]] = {
    "half of two cases": (
        labelled("ab"),
        {"training": {"validation": {"fraction": 0.5}}},
        "/training/validation",
        "fraction 0.5, by 'case'.*labelled.*null",
    ),
    "a group that holds a class": (
        labelled("aabb", "xxyy"),
        {"training": {"validation": {"by": "group"}}},
        "/training/validation",
        "group.*labelled",
    ),
    "groups that hold a class": (
        labelled("aabb", "xxyy"),
        {"training": {"validation": {"groups": ["x"]}}},
        "/training/validation",
        "labelled 'b'",
    ),
    "cases that hold a class": (
        labelled("aab"),
        {"training": {"validation": {"cases": [2]}}},
        "/training/validation",
        "labelled 'a'",
    ),
    "the latest cases, sorted by class": (
        labelled("aaabbb"),
        {"training": {"validation": {"fraction": 0.5, "by": "time"}}},
        "/training/validation",
        "labelled 'a'",
    ),
    "early stopping with two cases": (
        labelled("ab"),
        {"training": {"early_stopping": {"patience": 3}}},
        "/training/validation",
        "labelled.*no early stopping",
    ),
    "groups of series that have none": (
        labelled("abab"),
        {"training": {"validation": {"groups": ["x"]}}},
        "/training/validation/groups/0",
        "the series have none",
    ),
    "a share of few steps": (
        steps(10),
        {"preprocessing": {"window": 4, "horizon": 2}, "training": {"validation": {"fraction": 0.9}}},
        "/training/validation",
        "no window to train on",
    ),
    "a series too short for a window": (
        steps(10, 5),
        {"preprocessing": {"window": 4, "horizon": 2}, "training": {"validation": {"cases": [1]}}},
        "/training/validation",
        "no window to validate on",
    ),
    "a batch larger than the cases": (
        labelled("abab"),
        {"training": {"batch_size": 9, "validation": None}},
        "/training/batch_size",
        "batch_size is 9; there are 4",
    ),
    "a batch larger than what a group leaves": (
        labelled("abababab", "xxxxxxyy"),
        {"training": {"batch_size": 3, "validation": {"groups": ["x"]}}},
        "/training/batch_size",
        "batch_size is 3; there are 2",
    ),
    "a batch larger than the windows before the share": (
        steps(20),
        {
            "preprocessing": {"window": 4, "horizon": 2, "stride": 1},
            "training": {"batch_size": 6, "validation": {"fraction": 0.5}},
        },
        "/training/batch_size",
        "batch_size is 6; there are 5",
    ),
    "a batch larger than the windows of what is left": (
        labelled("abab"),
        {
            "preprocessing": {"window": 3, "stride": 3},
            "training": {"batch_size": 7, "validation": {"cases": [0]}},
        },
        "/training/batch_size",
        "batch_size is 7; there are 6",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_split_makes_possible_is_refused_at_its_place(name: str) -> None:
    series, asked, pointer, message = REFUSED[name]
    with pytest.raises(InvalidSpec, match=message) as refusal:
        settled(series, asked)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    ("network", "others", "message"),
    [
        ({"layers": [{"kind": "flatten"}]}, labelled("ab", length=9), "up to 6 steps.* has 9"),
        ({"layers": [{**SMALL, "padding": "valid"}]}, labelled("ab", length=2), "kernel of 3"),
    ],
)
def test_series_to_validate_on_that_the_network_cannot_see_are_refused(
    network: dict[str, Any], others: Series, message: str
) -> None:
    asked = {"network": network, "training": {"validation": {"dataset": "others"}}}
    with pytest.raises(InvalidSpec, match=message) as refusal:
        settled(labelled("abab"), asked, others)
    assert refusal.value.pointer == "/training/validation/dataset"


def test_padding_at_the_end_of_cases_is_not_counted_as_steps() -> None:
    case = np.full((9, 1), np.nan, np.float32)
    case[:2] = 1
    padded = Series.from_cases([case, case + 1, case, case + 1], labels=list("abab"))
    with pytest.raises(InvalidSpec, match="has 2"):
        settled(padded, {"preprocessing": {"window": 5}})
    with pytest.raises(InvalidSpec, match="kernel of 3"):
        settled(padded, {"network": {"layers": [{**SMALL, "padding": "valid"}]}})


@pytest.mark.parametrize("length", [2, 3])
def test_series_too_short_to_keep_some_back_by_default_are_trained_on_whole(length: int) -> None:
    spec = settled(steps(length), {"network": NETWORKS[0], "training": {"epochs": 1}})
    assert spec.training.validation is not None
    assert spec.training.validation.nothing == (length == 2)
    trains(steps(length), spec)


@pytest.mark.parametrize(("series", "message"), [(labelled("a"), "one case"), (labelled("aaa"), "labelled 'a'")])
def test_series_that_cannot_be_learnt_from_are_refused(series: Series, message: str) -> None:
    with pytest.raises(InvalidSeries, match=message):
        settled(series, {})


def test_too_many_windows_are_refused_by_their_stride() -> None:
    length = 5_000_000
    outline = Outline(
        np.array([0, length, 2 * length, 3 * length]), np.full(3, length), ("a", "b"), np.array([0, 1, 0])
    )
    facts = labelled("aba").describe()
    asked = {"preprocessing": {"window": 5, "stride": 1}, "network": NETWORKS[0]}
    with pytest.raises(InvalidSpec, match="windows") as refusal:
        settle(TrainingSpec.from_json(asked), facts, outline)
    assert refusal.value.pointer == "/preprocessing/stride"
