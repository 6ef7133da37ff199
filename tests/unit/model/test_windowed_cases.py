"""Cases longer than a window are answered with the mean of their windows, however they come."""

from dataclasses import replace

import numpy as np
import pytest

from model.cases import Cases, Intake
from model.errors import InvalidSeries
from model.interchange import archive
from model.interchange.onnx_export import HIGHEST_OPSET, LOWEST_OPSET, export, verify
from model.layers.conv1d import Conv1d
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.pipeline import Pipeline, Predictor
from tests.reference.pipelines import pipeline_of
from tests.unit.model.interchange.test_onnx_export import CLOSE, run

WINDOW, STRIDE = 16, 7
POOLED = (Conv1d(6, 5), Relu(), GlobalAveragePool())
FIXED = (Conv1d(6, 5, padding="valid"), Relu(), Flatten())


def windowed(*, fixed: bool = False, masked: bool = False, task: str = "classification", **options: str) -> Pipeline:
    body, length = (FIXED, WINDOW) if fixed else (POOLED, None)
    made = pipeline_of(body, length=length, masked=masked, task=task, **options)
    return replace(made, window=WINDOW, stride=STRIDE)


def cases(*lengths: int) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.normal(0, 20, (3, length)).astype(np.float32) for length in lengths]


def cut(case: np.ndarray) -> list[np.ndarray]:
    """The windows of one case, by a loop."""
    last = max(case.shape[1] - WINDOW, 0)
    return [case[:, start : start + WINDOW] for start in (*range(0, last, STRIDE), last)]


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("scaling", ["channel", "instance"])
@pytest.mark.parametrize("fixed", [False, True])
def test_the_answer_is_the_mean_of_the_windows(task: str, scaling: str, fixed: bool) -> None:
    made = windowed(fixed=fixed, task=task, scaling=scaling)
    name = "probabilities" if task == "classification" else "value"
    whole = replace(made, window=None, stride=None)
    arrays = cases(16, 17, 30, 95)
    found = Predictor(made).predict(arrays)
    expected = [Predictor(whole).predict(cut(case))[name].mean(axis=0) for case in arrays]
    np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)
    if task == "classification":
        assert found["label"].tolist() == [(made.classes or ())[int(place.argmax())] for place in expected]


@pytest.mark.parametrize("masked", [False, True])
def test_a_case_shorter_than_a_window_is_a_window_of_its_own(masked: bool) -> None:
    made = windowed(masked=masked)
    short = cases(9)
    expected = Predictor(replace(made, window=None, stride=None)).predict(short)["probabilities"]
    np.testing.assert_allclose(Predictor(made).predict(short)["probabilities"], expected, atol=1e-6)


def test_a_network_of_fixed_length_takes_cases_of_a_window_at_least() -> None:
    with pytest.raises(InvalidSeries, match="Case 1 has 15 steps; the model takes at least 16"):
        Predictor(windowed(fixed=True)).predict(cases(16, 15))


@pytest.mark.parametrize("masked", [False, True])
def test_steps_behind_the_end_of_a_case_make_no_windows(masked: bool) -> None:
    arrays = cases(40, 23, 16)
    dense = np.full((3, 3, 60), np.nan, np.float32)
    for place, case in enumerate(arrays):
        dense[place, :, : case.shape[1]] = case
    made = Predictor(windowed(masked=masked))
    np.testing.assert_array_equal(made.predict(dense)["probabilities"], made.predict(arrays)["probabilities"])


def test_what_overwhelms_a_window_is_refused_by_the_place_of_its_case() -> None:
    arrays = cases(50, 50)
    arrays[1][0, 40:] = 3e38
    with pytest.raises(InvalidSeries, match="Case 1"):
        Predictor(windowed(scaling="none")).predict(arrays)


def test_questions_that_share_a_batch_get_their_own_answers() -> None:
    made, intake = windowed(), Intake(windowed())
    parts = [intake.take(cases(40, 9)), intake.take(cases(17)), intake.take(cases(95, 30, 16))]
    together = Cases.joined(parts)
    assert len(together) == 6
    alone = [Predictor(made).run(part) for part in parts]
    np.testing.assert_allclose(Predictor(made).run(together), np.concatenate(alone), atol=1e-6)


def test_the_archive_keeps_the_windows() -> None:
    made = windowed()
    kept = archive.load(archive.save(made))
    assert kept.windowing == made.windowing
    np.testing.assert_array_equal(*(Predictor(each).predict(cases(40))["probabilities"] for each in (made, kept)))


@pytest.mark.parametrize("opset", [LOWEST_OPSET, HIGHEST_OPSET])
@pytest.mark.parametrize(("fixed", "masked"), [(False, False), (False, True), (True, False), (True, True)], ids=str)
def test_windows_are_inside_the_graph(opset: int, fixed: bool, masked: bool) -> None:
    for task, missing in (("classification", "mask"), ("regression", "interpolate")):
        made = windowed(fixed=fixed, masked=masked, task=task, missing=missing, scaling="instance")
        assert verify(export(made, opset=opset), made) < CLOSE


def test_quantiles_of_windows_are_averaged_in_the_graph_too() -> None:
    made = pipeline_of(POOLED, task="regression", outputs=6)
    halved = {name: getattr(made, name)[:2] for name in ("target_mean", "target_deviation")}
    made = replace(made, window=WINDOW, stride=STRIDE, quantiles=(0.1, 0.5, 0.9), **halved)
    content, series = export(made), np.stack(cases(70))
    assert verify(content, made) < CLOSE
    found, expected = run(content, series), Predictor(made).predict(series)
    assert found.keys() == expected.keys()
    assert (expected["value_q10"] <= expected["value_q90"]).all()
