import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.windows import means
from model.pipeline import softmax
from model.training.class_metrics import expected_calibration_error, log_loss
from model.training.temperature import FEWEST, HIGHEST, LOWEST, temperature

GENERATOR = np.random.default_rng(0)


def drawn(cases: int, sureness: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities of logits, which are then told `sureness` times as sure."""
    logits = GENERATOR.normal(size=(cases, 4))
    chances = softmax(logits)
    labels = np.array([GENERATOR.choice(4, p=row) for row in chances])
    return labels, (logits * sureness).astype(np.float32)


@pytest.mark.parametrize("sureness", [0.5, 1.0, 3.0])
def test_it_finds_out_how_much_too_sure_the_logits_are(sureness: float) -> None:
    labels, logits = drawn(4000, sureness)
    assert temperature(labels, logits) == pytest.approx(sureness, rel=0.1)


@given(st.integers(0, 99), st.floats(0.3, 5))
def test_no_other_temperature_has_a_lower_loss(seed: int, other: float) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 3, (40, 3)).astype(np.float32)
    labels = np.where(generator.random(40) < 0.7, logits.argmax(axis=1), generator.integers(0, 3, 40))
    best = temperature(labels, logits)
    assert log_loss(labels, softmax(logits / best)) <= log_loss(labels, softmax(logits / other)) + 1e-5


def test_probabilities_that_are_too_sure_become_honest() -> None:
    labels, logits = drawn(4000, 4.0)
    honest = softmax(logits / temperature(labels, logits))
    assert expected_calibration_error(labels, honest) < 0.03 < expected_calibration_error(labels, softmax(logits))


def test_it_stays_within_bounds_whatever_is_kept_back() -> None:
    right = np.eye(3, dtype=np.float32)[np.arange(30) % 3]
    assert temperature(np.arange(30) % 3, right) == pytest.approx(LOWEST)
    assert temperature((np.arange(30) + 1) % 3, right) == pytest.approx(HIGHEST)
    assert LOWEST <= temperature(np.zeros(30, np.int64), np.zeros((30, 3), np.float32)) <= HIGHEST


def test_a_few_cases_say_nothing() -> None:
    assert temperature(np.zeros(FEWEST - 1, np.int64), np.ones((FEWEST - 1, 2), np.float32)) == 1.0


def mean_loss(labels: np.ndarray, logits: np.ndarray, counts: np.ndarray) -> float:
    return log_loss(labels, means(softmax(logits), counts))


@given(st.integers(0, 99), st.floats(0.7, 1.4))
def test_of_windows_it_is_the_mean_of_a_case_that_is_made_honest(seed: int, factor: float) -> None:
    generator = np.random.default_rng(seed)
    labels, counts = generator.integers(0, 3, 40), generator.integers(1, 5, 40)
    centres = 2 * np.eye(3)[np.repeat(labels, counts)]
    logits = (centres + generator.normal(0, 3, (counts.sum(), 3))).astype(np.float32)
    best = temperature(labels, logits, counts)
    assert mean_loss(labels, logits / best, counts) <= mean_loss(labels, logits / (best * factor), counts) + 1e-5


def test_cases_of_one_window_each_are_cases() -> None:
    labels, logits = drawn(100, 2.0)
    assert temperature(labels, logits, np.ones(100, np.int64)) == temperature(labels, logits)
