import numpy as np
import pytest

from model import predictor as predictors
from model.arrays import Array
from model.data.scaling import Preprocessing
from model.data.series import Series
from model.data.windows import Windowing
from model.errors import InvalidSeries
from model.layers import sequence
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.flatten import Flatten
from model.layers.global_pooling import GlobalAveragePool
from model.layers.relu import Relu
from model.network import Network
from model.pipeline import Pipeline, Predictor

CONVOLVED: sequence.Layers = (Conv1d(5, 4), BatchNormalization(), Relu())
POOLED: sequence.Layers = (*CONVOLVED, GlobalAveragePool(), Dense(3))
FLAT: sequence.Layers = (*CONVOLVED, Flatten(), Dense(3))
VALID: sequence.Layers = (Conv1d(5, 4, padding="valid"), Relu(), GlobalAveragePool(), Dense(3))


def pipeline(
    layers: sequence.Layers = POOLED, *, length: int | None = None, masked: bool = False, missing: str = "interpolate"
) -> Pipeline:
    network = Network.initialize(layers, 2, length, np.random.default_rng(0))
    preprocessing = Preprocessing(
        "channel",
        missing,  # type: ignore[arg-type]  # one of the names that the test goes through
        np.array([1, -2], np.float32),
        np.array([2, 0.5], np.float32),
    )
    return Pipeline(
        "classification",
        network,
        preprocessing,
        ("x", "y"),
        ("a", "b", "c"),
        length=network.length,
        masked=masked,
    )


def some_cases(lengths: list[int], seed: int = 0) -> list[Array]:
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(2, length)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 64, 65, 130])
def test_a_batch_is_answered_as_its_cases_one_by_one(masked: bool, count: int) -> None:
    lengths = [5 + index * 7 % 23 for index in range(count)]
    arrays = some_cases(lengths)
    made = pipeline(masked=masked)
    together = Predictor(made).predict(arrays)
    single = Predictor(made)
    alone = [single.predict([array]) for array in arrays]
    expected = np.concatenate([each["probabilities"] for each in alone])
    np.testing.assert_allclose(together["probabilities"], expected, atol=1e-6)
    assert together["label"].tolist() == [each["label"][0] for each in alone]


def test_probabilities_are_float32_and_sum_to_one() -> None:
    found = Predictor(pipeline()).predict(some_cases([9] * 5))
    assert found["probabilities"].dtype == np.float32
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-6)
    assert found["label"].tolist() == [("a", "b", "c")[place] for place in found["probabilities"].argmax(axis=1)]


def test_a_dense_array_is_answered_as_its_cases() -> None:
    arrays = some_cases([12] * 7)
    dense, ragged = Predictor(pipeline()).predict(np.stack(arrays)), Predictor(pipeline()).predict(arrays)
    np.testing.assert_array_equal(dense["probabilities"], ragged["probabilities"])


@pytest.mark.parametrize("missing", ["interpolate", "zero"])
def test_in_a_masked_pipeline_trailing_gaps_of_every_channel_are_padding(missing: str) -> None:
    lengths = [3, 11, 7, 20]
    arrays = some_cases(lengths)
    arrays[1][0, -1] = np.nan  # one channel alone is a gap, not an end
    dense = np.full((4, 2, 20), np.nan, np.float32)
    for index, array in enumerate(arrays):
        dense[index, :, : array.shape[1]] = array
    made = Predictor(pipeline(masked=True, missing=missing))
    np.testing.assert_array_equal(made.predict(dense)["probabilities"], made.predict(arrays)["probabilities"])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("missing", ["interpolate", "zero"])
def test_a_case_without_any_value_is_answered(masked: bool, missing: str) -> None:
    found = Predictor(pipeline(masked=masked, missing=missing)).predict(np.full((2, 2, 8), np.nan, np.float32))
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-6)


def test_a_network_of_fixed_length_pads_shorter_cases_if_it_learned_to() -> None:
    masked = Predictor(pipeline(FLAT, length=12, masked=True))
    arrays = some_cases([12, 5, 9])
    expected = np.concatenate([masked.predict([array])["probabilities"] for array in arrays])
    np.testing.assert_allclose(masked.predict(arrays)["probabilities"], expected, atol=1e-6)
    with pytest.raises(InvalidSeries, match="Case 1 has 13 steps; the model takes at most 12"):
        masked.predict(some_cases([12, 13]))


def test_a_network_of_fixed_length_takes_no_other() -> None:
    with pytest.raises(InvalidSeries, match="Case 1 has 11 steps; the model takes exactly 12"):
        Predictor(pipeline(FLAT, length=12)).predict(some_cases([12, 11]))


@pytest.mark.parametrize("masked", [False, True])
def test_a_case_too_short_for_a_kernel_is_refused_by_its_place(masked: bool) -> None:
    with pytest.raises(InvalidSeries, match="Case 2 has 3 steps, too few"):
        Predictor(pipeline(VALID, masked=masked)).predict(some_cases([4, 9, 3]))


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([], "no cases"),
        (np.zeros((2, 3, 4)), r"\(2, 3, 4\)"),
        (np.zeros((2, 4)), r"\(2, 4\)"),
        (np.zeros((0, 2, 4)), r"\(0, 2, 4\)"),
        (np.zeros((1, 2, 0)), r"\(1, 2, 0\)"),
        ([np.zeros((2, 4)), np.zeros((3, 4))], "Case 1"),
        ([np.zeros((2, 4)), np.zeros((2, 0))], "Case 1"),
        ([np.zeros((2, 4)), np.array([[0, 0], [0, np.inf]])], "Case 1 holds inf in channel 'y' at step 1"),
        ([np.zeros((2, 4)), np.full((2, 4), -3e38)], "Case 1"),
    ],
)
def test_what_cannot_be_answered_is_refused(cases: Array | list[Array], message: str) -> None:
    with pytest.raises(InvalidSeries, match=message):
        Predictor(pipeline()).predict(cases)


def test_series_that_overwhelm_the_network_are_refused_by_their_place() -> None:
    made = Predictor(pipeline())
    extreme = np.zeros((3, 2, 6), np.float32)
    extreme[1, 0] = np.tile([3e38, -3e38], 3)
    with pytest.raises(InvalidSeries, match="Case 1"):
        made.predict(extreme)
    assert np.isfinite(made.predict(extreme[:1])["probabilities"]).all()


def test_plans_are_few_and_long_series_run_in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Predictor(pipeline(masked=True))
    for length in range(1, 65):
        made.predict(some_cases([length]))
    assert len(made._plans) <= 16
    monkeypatch.setattr(predictors, "CHUNK_VALUES", 5 * 8 * 3)
    small = Predictor(pipeline())
    small.predict(some_cases([8] * 9))
    assert {batch for batch, _ in small._plans} == {1, 2}


def test_plans_that_take_too_much_memory_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictors, "PLAN_BYTES", 0)
    made = Predictor(pipeline())
    for length in (6, 7, 8):
        made.predict(some_cases([length]))
    assert list(made._plans) == [(1, 8)]


def test_a_regression_answers_in_the_units_of_its_targets() -> None:
    network = Network.initialize((*CONVOLVED, GlobalAveragePool(), Dense(2)), 2, None, np.random.default_rng(0))
    unit = Preprocessing("none", "zero", np.zeros(2, np.float32), np.ones(2, np.float32))
    mean, deviation = np.array([100, 200], np.float32), np.array([10, 0], np.float32)
    made = Pipeline("regression", network, unit, ("x", "y"), target_mean=mean, target_deviation=deviation)
    value = Predictor(made).predict(some_cases([6] * 3))["value"]
    assert value.shape == (3, 2)
    assert (value[:, 1] == 200).all()
    assert np.abs(value[:, 0] - 100).max() < 100


def test_one_target_is_answered_as_a_vector() -> None:
    network = Network.initialize((*CONVOLVED, GlobalAveragePool(), Dense(1)), 2, None, np.random.default_rng(0))
    unit = Preprocessing("none", "zero", np.zeros(2, np.float32), np.ones(2, np.float32))
    one = np.ones(1, np.float32)
    made = Pipeline("regression", network, unit, ("x", "y"), target_mean=one, target_deviation=one)
    assert Predictor(made).predict(some_cases([6] * 3))["value"].shape == (3,)


def forecaster() -> Pipeline:
    network = Network.initialize((*CONVOLVED, Flatten(), Dense(6)), 2, 5, np.random.default_rng(0))
    unit = Preprocessing("none", "zero", np.zeros(2, np.float32), np.ones(2, np.float32))
    return Pipeline(
        "forecasting",
        network,
        unit,
        ("x", "y"),
        target_mean=np.arange(6, dtype=np.float32) * 100,
        target_deviation=np.full(6, 1e-6, np.float32),
        horizon=3,
        window=5,
        length=5,
    )


def test_a_forecast_sees_the_last_steps_and_answers_channel_by_channel() -> None:
    made = Predictor(forecaster())
    (case,) = some_cases([9])
    found = made.predict([case])["forecast"]
    np.testing.assert_allclose(found[0], [[0, 100, 200], [300, 400, 500]], atol=1e-3)
    np.testing.assert_array_equal(found, made.predict([case[:, -5:]])["forecast"])
    with pytest.raises(InvalidSeries, match="at least 5 steps"):
        made.predict(some_cases([4]))


def test_a_pipeline_knows_its_windows() -> None:
    assert forecaster().windowing == Windowing(5, 3, 3)
    assert pipeline().windowing is None


def test_series_are_answered_from_their_flat_values() -> None:
    arrays = some_cases([4, 9, 6])
    series = Series.from_cases([array.T for array in arrays])
    made = Predictor(pipeline())
    flat = made.outputs(series.values, series.offsets[:-1], series.lengths)
    np.testing.assert_array_equal(flat, made.predict(arrays)["probabilities"])
