"""Cases that need nothing more before the network are taken as they are, and answered as if they were not."""

from typing import Any

import numpy as np
import pytest

from model.cases import Cases, EvenCases, Intake, joined
from model.data.scaling import Preprocessing
from model.errors import InvalidSeries
from model.layers import sequence
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.global_pooling import GlobalAveragePool
from model.network import Network
from model.pipeline import Pipeline, Predictor

LAYERS: sequence.Layers = (Conv1d(4, 3), GlobalAveragePool(), Dense(2))
SCALINGS = ("channel", "instance", "robust", "none")


def pipeline(scaling: str = "channel", missing: str = "interpolate", **options: Any) -> Pipeline:
    channels = 4 if missing == "mask" else 2
    network = Network.initialize(LAYERS, channels, None, np.random.default_rng(0))
    mean, deviation = np.array([1, -2], np.float32), np.array([2, 0.5], np.float32)
    preprocessing = Preprocessing(scaling, missing, mean, deviation)  # type: ignore[arg-type]  # names gone through
    return Pipeline("classification", network, preprocessing, ("x", "y"), ("a", "b"), **options)


def values(count: int = 3, length: int = 16) -> np.ndarray[Any, Any]:
    return np.random.default_rng(count).normal(size=(count, 2, length)).astype(np.float32)


def taken(made: Pipeline, cases: np.ndarray[Any, Any]) -> Cases | EvenCases:
    """As they are taken once such cases have been met."""
    intake = Intake(made)
    intake.take(cases)
    return intake.take(cases)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("missing", ["interpolate", "zero", "mask"])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_even_cases_are_answered_as_stretches_are(scaling: str, missing: str, gaps: bool) -> None:
    made, cases = pipeline(scaling, missing), values(130)
    if gaps:
        cases[::7, 0, 3:5] = np.nan
    even = taken(made, cases)
    assert isinstance(even, EvenCases)
    predictor = Predictor(made)
    np.testing.assert_array_equal(predictor.run(even), predictor.run(even.stretches()))


def test_even_and_other_cases_are_joined() -> None:
    made = pipeline(masked=True)
    whole, short = values(2), values(2)
    short[:, :, 12:] = np.nan
    even, stretched = taken(made, whole), taken(made, short)
    assert isinstance(even, EvenCases)
    assert isinstance(stretched, Cases)
    predictor = Predictor(made)
    apart = np.concatenate([predictor.run(even), predictor.run(stretched)])
    np.testing.assert_allclose(predictor.run(joined([even, stretched])), apart, rtol=1e-6)
    assert len(joined([even, even])) == 4


def test_cases_that_a_window_cuts_are_not_even() -> None:
    assert isinstance(taken(pipeline(window=12, horizon=1), values()), Cases)
    assert isinstance(taken(pipeline(window=16, horizon=1), values()), EvenCases)


def test_cases_of_another_length_than_the_network_takes_are_refused_each_time() -> None:
    made = Intake(pipeline(length=12))
    for _ in range(2):
        with pytest.raises(InvalidSeries, match="exactly 12 steps"):
            made.take(values())


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_refused_by_its_place_also_among_even_cases(value: float) -> None:
    intake = Intake(pipeline())
    cases = values()
    intake.take(cases)
    cases[1, 1, 5] = value
    with pytest.raises(InvalidSeries, match=r"Case 1 holds -?inf in channel 'y' at step 5"):
        intake.take(cases)
