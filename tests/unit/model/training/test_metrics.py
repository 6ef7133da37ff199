import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidSeries
from model.training import class_metrics, value_metrics

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


def test_perfect_answers_have_perfect_metrics() -> None:
    labels = np.array([0, 1, 2, 1])
    found = class_metrics.classification(labels, np.eye(3, dtype=np.float32)[labels])
    assert found == {
        "accuracy": 1.0,
        "balanced_accuracy": 1.0,
        "f1_macro": 1.0,
        "log_loss": pytest.approx(0.0, abs=1e-6),
        "auc_macro": 1.0,
        "expected_calibration_error": 0.0,
    }


def test_metrics_of_a_known_confusion() -> None:
    counts = np.array([[3, 1], [2, 4]])
    assert class_metrics.accuracy(counts) == pytest.approx(0.7)
    assert class_metrics.balanced_accuracy(counts) == pytest.approx((3 / 4 + 4 / 6) / 2)
    assert class_metrics.f1_macro(counts) == pytest.approx((6 / 9 + 8 / 11) / 2)


def test_classes_that_do_not_occur_do_not_count() -> None:
    counts = np.array([[2, 0, 0], [0, 0, 0], [0, 0, 2]])
    assert class_metrics.balanced_accuracy(counts) == 1.0
    assert class_metrics.f1_macro(counts) == 1.0


@given(PAIRS)
def test_the_confusion_counts_every_pair_once(pairs: list[tuple[int, int]]) -> None:
    labels, answers = (np.array(column) for column in zip(*pairs, strict=True))
    classes = ("a", "b", "c", "d")
    table = class_metrics.confusion(labels, answers, classes)
    for true in set(labels):
        for answered in range(4):
            count = table[classes[true]].get(classes[answered], 0)
            assert count == pairs.count((true, answered))
    assert class_metrics.confusion_counts(labels, answers, 4).sum() == len(pairs)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_area_under_the_curve_is_the_share_of_rightly_ordered_pairs(cases: list[tuple[bool, int]]) -> None:
    labels = np.array([int(positive) for positive, _ in cases])
    score = np.array([value / 10 for _, value in cases], np.float32)
    above = [score[i] for i in np.flatnonzero(labels == 1)]
    below = [score[i] for i in np.flatnonzero(labels == 0)]
    found = class_metrics.auc_macro(labels, np.stack([1 - score, score], axis=1))
    if not above or not below:
        assert found is None
        return
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in above for b in below]
    assert found == pytest.approx(np.mean(pairs))


def test_the_log_loss_of_a_sure_error_is_finite() -> None:
    assert class_metrics.log_loss(np.array([0]), np.array([[0.0, 1.0]], np.float32)) == pytest.approx(-np.log(1e-7))


def test_regression_metrics_of_known_errors() -> None:
    targets, values = np.array([[1.0], [2.0], [3.0]], np.float32), np.array([[2.0], [2.0], [1.0]], np.float32)
    found = value_metrics.regression(targets, values)
    assert found == {"rmse": pytest.approx(np.sqrt(5 / 3)), "mae": pytest.approx(1.0), "r2": pytest.approx(1 - 5 / 2)}


def test_targets_that_do_not_vary_have_no_share_explained() -> None:
    assert "r2" not in value_metrics.regression(np.ones((3, 1)), np.zeros((3, 1)))


def test_forecasts_are_measured_where_the_truth_is_known() -> None:
    truth, values = np.array([[1.0, np.nan, 3.0]]), np.array([[1.0, 9.0, 1.0]])
    assert value_metrics.forecasting(truth, values) == {"rmse": pytest.approx(np.sqrt(2.0)), "mae": pytest.approx(1.0)}
    with pytest.raises(InvalidSeries, match="missing"):
        value_metrics.forecasting(np.full((1, 2), np.nan), np.zeros((1, 2)))


PROBABILITIES = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.floats(0.01, 1), min_size=3, max_size=3)), min_size=1, max_size=40
)


@given(PROBABILITIES)
def test_the_calibration_error_is_that_of_a_loop_over_bins(cases: list[tuple[int, list[float]]]) -> None:
    labels = np.array([label for label, _ in cases])
    probabilities = np.array([row for _, row in cases])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    total = 0.0
    for number in range(class_metrics.BINS):
        low, high = number / class_metrics.BINS, (number + 1) / class_metrics.BINS
        members = [
            (max(row), int(np.argmax(row)) == label)
            for label, row in zip(labels, probabilities.tolist(), strict=True)
            if int(max(row) * class_metrics.BINS) == number or (number == class_metrics.BINS - 1 and max(row) >= high)
        ]
        if members:
            sure = np.mean([sureness for sureness, _ in members])
            right = np.mean([was_right for _, was_right in members])
            total += len(members) / len(cases) * abs(sure - right)
        assert low < high
    assert class_metrics.expected_calibration_error(labels, probabilities) == pytest.approx(total, abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.lists(st.floats(-9, 9), min_size=3, max_size=3)), min_size=1, max_size=9)
)
def test_the_pinball_loss_and_coverage_are_those_of_a_loop(cases: list[tuple[float, list[float]]]) -> None:
    quantiles = (0.1, 0.5, 0.9)
    targets = np.array([[target] for target, _ in cases])
    values = np.sort(np.array([[row] for _, row in cases]), axis=2)
    losses, inside = [], []
    for target, row in zip(targets[:, 0], values[:, 0], strict=True):
        for quantile, value in zip(quantiles, row, strict=True):
            losses.append(quantile * (target - value) if target > value else (1 - quantile) * (value - target))
        inside.append(row[0] <= target <= row[-1])
    assert value_metrics.pinball(targets, values, quantiles) == pytest.approx(np.mean(losses))
    assert value_metrics.coverage(targets, values) == np.mean(inside)


def test_what_is_missing_counts_in_no_quantile() -> None:
    targets, values = np.array([[1.0, np.nan]]), np.array([[[0.0, 2.0], [5.0, 6.0]]])
    assert value_metrics.pinball(targets, values, (0.1, 0.9)) == pytest.approx(0.1)
    assert value_metrics.coverage(targets, values) == 1.0


@given(st.integers(0, 99), st.integers(1, 9), st.booleans())
def test_forecasts_that_come_in_parts_are_measured_as_one(seed: int, parts: int, quantiles: bool) -> None:
    generator = np.random.default_rng(seed)
    shares = (0.1, 0.5, 0.9) if quantiles else None
    truth = generator.normal(size=(12, 4)).astype(np.float32)
    truth[generator.random(truth.shape) < 0.3] = np.nan
    truth[0, 0] = 0.5
    restored = np.sort(generator.normal(size=(12, 4, 3)), axis=2).astype(np.float32)
    values = restored[..., 1]
    whole = value_metrics.forecasting(truth, values)
    if shares:
        pinball, coverage = value_metrics.pinball(truth, restored, shares), value_metrics.coverage(truth, restored)
        whole |= {"pinball": pinball, "coverage": coverage}
    errors = value_metrics.ForecastErrors(shares)
    for part in np.array_split(np.arange(12), parts):
        errors.add(truth[part], values[part], restored[part].reshape(len(part), -1))
    assert errors.metrics() == pytest.approx(whole, rel=1e-6)
    with pytest.raises(InvalidSeries, match="nothing to compare"):
        value_metrics.ForecastErrors(shares).metrics()
