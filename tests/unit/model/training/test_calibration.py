import numpy as np
import pytest

from model.training.calibration import LEAST, shrinkage

GENERATOR = np.random.default_rng(0)


def test_answers_that_explain_the_targets_stay_as_they_are() -> None:
    answers = GENERATOR.normal(size=(200, 1)).astype(np.float32)
    assert shrinkage(answers, answers) == pytest.approx(1.0)
    near = (answers + GENERATOR.normal(0, 0.1, answers.shape)).astype(np.float32)
    assert shrinkage(answers, near)[0] > 0.99


def test_answers_that_explain_nothing_are_drawn_to_the_mean() -> None:
    answers, noise = GENERATOR.normal(size=(2, 20, 1)).astype(np.float32)
    assert shrinkage(answers, noise).tolist() == pytest.approx([LEAST])


def test_the_same_evidence_over_fewer_cases_is_trusted_less() -> None:
    answers = np.tile([1.0, -1.0], 8)[:, None].astype(np.float32)
    outputs = answers + np.tile([0.7, 0.7, -0.7, -0.7], 4)[:, None].astype(np.float32)
    few, many = (shrinkage(answers[:count], outputs[:count])[0] for count in (4, 16))
    assert LEAST < few < many < 1


def test_each_target_is_judged_by_itself() -> None:
    answers = GENERATOR.normal(size=(50, 2)).astype(np.float32)
    outputs = np.stack([answers[:, 0], -answers[:, 1]], axis=1)
    factors = shrinkage(answers, outputs)
    assert factors.dtype == np.float32
    assert factors[0] == pytest.approx(1.0)
    assert factors[1] == pytest.approx(LEAST)


def test_targets_that_do_not_vary_are_answered_by_their_mean() -> None:
    assert shrinkage(np.zeros((5, 1), np.float32), np.ones((5, 1), np.float32)) == pytest.approx(LEAST)
