"""What is told of series that can be read and may not be worth learning from."""

import numpy as np
import pytest

from model.data.series import Series
from service.ingest.examination import examine
from service.ingest.parsed import Parsed

RNG = np.random.default_rng(0)


def told(values: np.ndarray, **answers: object) -> str:
    found = examine(Parsed(Series.from_cases(list(values), **answers)))  # type: ignore[arg-type]
    return "\n".join(finding.detail for finding in found.findings)


def test_nothing_is_told_of_series_without_oddities() -> None:
    assert not told(RNG.standard_normal((4, 10, 2)), labels=["a", "b", "a", "b"])


def test_one_class_and_one_case_are_told() -> None:
    text = told(RNG.standard_normal((1, 10, 2)), labels=["a"])
    assert "one case only" in text
    assert "the one label 'a'" in text


def test_unbalanced_and_single_labels_are_told() -> None:
    text = told(RNG.standard_normal((12, 10, 1)), labels=["a"] * 11 + ["b"])
    assert "11 cases of 'a' against 1 of 'b'" in text
    assert "Labels with a single case: 'b'" in text


def test_constant_and_empty_channels_are_told() -> None:
    values = RNG.standard_normal((3, 10, 3))
    values[:, :, 1] = 7
    values[:, :, 2] = np.nan
    assert "Constant channels, which tell nothing: 'c1', 'c2'" in told(values)


def test_missing_values_are_told_with_the_place_of_the_first() -> None:
    values = RNG.standard_normal((3, 10, 2))
    values[1, 4, 1] = np.nan
    values[2] = np.nan
    text = told(values)
    assert "Missing in channel 'c1': 11 (36.7%), the first in case 1 at step 4" in text
    assert "Cases without any value: 1, the first is case 2" in text


def test_a_level_far_from_zero_and_short_cases_are_told() -> None:
    text = told(RNG.standard_normal((3, 4, 1)) + 1000)
    assert "far from zero" in text
    assert "case 0, of length 4" in text


@pytest.mark.parametrize(("labels", "advice"), [("ab" * 20, "a training scales each by itself"), (None, "")])
def test_strengths_that_differ_by_orders_of_magnitude_are_told(labels: str | None, advice: str) -> None:
    values = RNG.standard_normal((40, 30, 1)) * 10.0 ** np.linspace(-3, 3, 40)[:, None, None]
    answers = {"targets": np.arange(40.0)} if labels is None else {"labels": list(labels)}
    text = told(values, **answers)
    assert "Cases differ in strength by orders of magnitude" in text
    assert "the weakest is case 0." in text
    assert (advice or 'scaling "instance" brings each to the same strength') in text
    told_by = told(values, labels=list("a" * 20 + "b" * 20))
    assert 'scaling "instance"' in told_by
    assert "differ in strength" not in told(values)  # to be forecast
    assert "differ in strength" not in told(values / np.abs(values).max(axis=1, keepdims=True), labels=list("ab" * 20))
