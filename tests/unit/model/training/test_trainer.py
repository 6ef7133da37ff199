from typing import Any

import numpy as np
import pytest

from model.data.augmentation import AUGMENTATIONS
from model.data.scaling import FILLINGS, SCALINGS
from model.data.series import Series
from model.errors import Diverged, InvalidArchive
from model.optimizers import LARGEST_RATE
from model.training.checkpoint import Checkpoint
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import EpochReport, Trainer
from tests.arbitrary_series import labelled_waves, long_wave, targeted_waves

SMALL = {
    "layers": [
        {"kind": "conv1d", "out_channels": 6, "kernel": 5},
        {"kind": "batch_normalization"},
        {"kind": "relu"},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "global_average_pool"},
    ]
}
VALIDATED = {"validation": {"fraction": 0.25}}


def trainer(series: Series, checkpoint: bytes | None = None, **training: Any) -> Trainer:
    given = {"network": SMALL, "training": {"epochs": 6, "batch_size": 8, **training}}
    spec = TrainingSpec.from_json(given)
    return Trainer(series, settled(spec, series), None if checkpoint is None else Checkpoint.read(checkpoint))


def trained(series: Series, checkpoint: bytes | None = None, **training: Any) -> Trainer:
    made = trainer(series, checkpoint, **training)
    for _ in made.epochs():
        pass
    return made


SETS: dict[str, Series] = {
    "classes": labelled_waves(),
    "classes of unequal lengths": labelled_waves(ragged=True),
    "targets": targeted_waves(),
    "one long series": long_wave(),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    "training",
    [
        VALIDATED,
        {"validation": None, "threads": 2},
        {**VALIDATED, "averaging": {"kind": "weight_average"}, "clipping": {"kind": "clip_norm"}},
        {**VALIDATED, "schedule": {"kind": "reduce_on_plateau", "patience": 1}},
        {**VALIDATED, "augmentation": [{"kind": "jitter"}, {"kind": "mixup"}]},
    ],
)
def test_resumed_is_uninterrupted_bit_for_bit(name: str, training: dict[str, Any]) -> None:
    series = SETS[name]
    whole = trained(series, **training)
    broken = trainer(series, **training)
    for report in broken.epochs():
        if report.epoch == 2:
            break
    resumed = trainer(series, broken.checkpoint(), **training)
    again = [report.epoch for report in resumed.epochs()]
    assert again == [3, 4, 5, 6]
    assert resumed.checkpoint() == whole.checkpoint()
    ours, theirs = resumed.pipeline(), whole.pipeline()
    assert ours.network.parameters.tobytes() == theirs.network.parameters.tobytes()
    assert ours.network.state.tobytes() == theirs.network.state.tobytes()
    assert ours.metadata == theirs.metadata


def test_every_augmentation_resumes_bit_for_bit() -> None:
    training = {"augmentation": [{"kind": kind} for kind in AUGMENTATIONS], "class_weights": "balanced", "threads": 2}
    whole = trained(SETS["classes of unequal lengths"], **training)
    broken = trainer(SETS["classes of unequal lengths"], **training)
    next(iter(broken.epochs()))
    resumed = trained(SETS["classes of unequal lengths"], broken.checkpoint(), **training)
    assert resumed.checkpoint() == whole.checkpoint()


def test_augmentation_disturbs_no_other_random_number() -> None:
    quiet = {"kind": "jitter", "deviation": 1e-30}
    plain, changed = (trained(SETS["classes"], epochs=2, **given) for given in ({}, {"augmentation": [quiet]}))
    ours, theirs = plain.pipeline().network, changed.pipeline().network
    assert ours.parameters.tobytes() == theirs.parameters.tobytes()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    one, same, other = (trained(SETS["classes"], seed=seed, epochs=2).checkpoint() for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_a_checkpoint_goes_on_with_more_epochs() -> None:
    short = trained(SETS["classes"], epochs=3)
    longer = trainer(SETS["classes"], short.checkpoint(), epochs=5)
    assert [report.epoch for report in longer.epochs()] == [4, 5]


def test_a_finished_training_has_nothing_left_and_still_its_pipeline() -> None:
    done = trained(SETS["classes"], **VALIDATED)
    again = trainer(SETS["classes"], done.checkpoint(), **VALIDATED)
    assert list(again.epochs()) == []
    assert again.pipeline().network.parameters.tobytes() == done.pipeline().network.parameters.tobytes()


def test_a_checkpoint_of_another_spec_is_refused() -> None:
    state = trained(SETS["classes"], epochs=1).checkpoint()
    with pytest.raises(InvalidArchive, match="another training"):
        trainer(SETS["classes"], state, seed=1)
    with pytest.raises(InvalidArchive, match="another training"):
        trainer(SETS["targets"], state)


def test_a_corrupt_checkpoint_is_refused() -> None:
    state = bytearray(trained(SETS["classes"], epochs=1).checkpoint())
    state[len(state) // 2] ^= 1
    with pytest.raises(InvalidArchive):
        Checkpoint.read(bytes(state))


def test_it_learns_to_tell_slow_from_fast() -> None:
    made = trained(labelled_waves(40), epochs=15, optimizer={"kind": "adam", "learning_rate": 0.01})
    found, confusion = evaluate(made.pipeline(), labelled_waves(40, seed=1))
    assert found["accuracy"] == 1.0
    assert confusion == {"fast": {"fast": 20}, "slow": {"slow": 20}}


def test_it_learns_targets_in_their_own_units() -> None:
    made = trained(targeted_waves(60), epochs=40, optimizer={"kind": "adam", "learning_rate": 0.01}, **VALIDATED)
    fresh = targeted_waves(40, seed=1)
    assert fresh.targets is not None
    found, confusion = evaluate(made.pipeline(), fresh)
    assert confusion is None
    assert found["rmse"] < 0.75 * fresh.targets.std()


def test_it_learns_to_forecast_a_wave() -> None:
    series = long_wave(300)
    given = {
        "network": {
            "layers": [{"kind": "conv1d", "out_channels": 8, "kernel": 5}, {"kind": "relu"}, {"kind": "flatten"}]
        },
        "preprocessing": {"window": 16, "horizon": 4},
        "training": {"epochs": 30, "optimizer": {"kind": "adam", "learning_rate": 0.01}},
    }
    made = Trainer(series, settled(TrainingSpec.from_json(given), series))
    reports = list(made.epochs())
    found, _ = evaluate(made.pipeline(), long_wave(400))
    assert reports[-1].metrics["validation_rmse"] < 0.2
    assert found["rmse"] < 0.2


def test_reports_count_epochs_and_tell_losses() -> None:
    reports: list[EpochReport] = list(trainer(SETS["classes"], epochs=3, **VALIDATED).epochs())
    assert [(report.epoch, report.epochs) for report in reports] == [(1, 3), (2, 3), (3, 3)]
    for report in reports:
        assert report.seconds > 0
        assert set(report.metrics) == {
            "loss",
            "accuracy",
            "learning_rate",
            "validation_loss",
            "validation_accuracy",
        }


def test_the_pipeline_is_that_of_the_best_epoch() -> None:
    made = trainer(SETS["classes"], epochs=8, optimizer={"kind": "sgd", "learning_rate": 2.0}, **VALIDATED)
    losses = [report.metrics["validation_loss"] for report in made.epochs()]
    metadata = made.pipeline().metadata
    assert metadata["epoch"] == int(np.argmin(losses)) + 1
    assert metadata["metrics"]["validation_loss"] == min(losses)


def test_training_ends_when_validation_no_longer_improves() -> None:
    made = trainer(
        SETS["classes"],
        epochs=1000,
        optimizer={"kind": "sgd", "learning_rate": 0.0},
        early_stopping={"patience": 2},
        **VALIDATED,
    )
    assert [report.epoch for report in made.epochs()][-1] < 1000
    assert made.finished


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("kind", "rate"), [("sgd", 1e9), *((kind, LARGEST_RATE) for kind in ("sgd", "adam", "adamw", "rmsprop"))]
)
def test_a_learning_rate_beyond_reason_diverges_with_its_epoch_and_step(name: str, kind: str, rate: float) -> None:
    made = trainer(SETS[name], optimizer={"kind": kind, "learning_rate": rate}, schedule={"kind": "constant"})
    with pytest.raises(Diverged) as failure:
        for _ in made.epochs():
            pass
    assert failure.value.epoch >= 1
    assert failure.value.step >= 1
    with pytest.raises(Diverged):
        made.pipeline()


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("missing", FILLINGS)
def test_gaps_constants_and_channels_never_observed_train_to_finite_weights(scaling: str, missing: str) -> None:
    series = labelled_waves(ragged=True)
    values = series.values.copy()
    values[np.random.default_rng(0).random(values.shape) < 0.3] = np.nan
    values[:, 1] = 7.0
    values[series.offsets[2] : series.offsets[3]] = np.nan
    damaged = Series(values, series.offsets, series.channels, series.classes, series.labels)
    given = {
        "network": SMALL,
        "preprocessing": {"scaling": scaling, "missing": missing},
        "training": {"epochs": 2, **VALIDATED},
    }
    made = Trainer(damaged, settled(TrainingSpec.from_json(given), damaged))
    for _ in made.epochs():
        pass
    network = made.pipeline().network
    assert np.isfinite(network.parameters).all()
    assert np.isfinite(network.state).all()
    found, _ = evaluate(made.pipeline(), damaged)
    assert np.isfinite(list(found.values())).all()


def padded(series: Series, steps: int) -> Series:
    """The same cases in dense arrays that are too long, missing every channel behind each case's end."""
    cases = []
    for index in range(series.cases):
        dense = np.full((int(series.lengths.max()) + steps, len(series.channels)), np.nan, np.float32)
        dense[: series.lengths[index]] = series.case(index)
        cases.append(dense)
    bare = Series.from_cases(cases, series.channels)
    return Series(bare.values, bare.offsets, bare.channels, series.classes, series.labels)


@pytest.mark.parametrize("name", ["classes", "classes of unequal lengths"])
def test_padding_in_a_dense_file_is_no_part_of_the_cases(name: str) -> None:
    ragged, dense = SETS[name], padded(SETS[name], 3)
    made, again = trained(ragged, epochs=2), trained(dense, epochs=2)
    np.testing.assert_allclose(made.pipeline().network.parameters, again.pipeline().network.parameters, atol=1e-5)
    assert again.pipeline().masked
    found, _ = evaluate(again.pipeline(), dense)
    assert found == pytest.approx(evaluate(again.pipeline(), ragged)[0])


def test_padding_of_every_case_is_served_by_a_network_of_fixed_length() -> None:
    dense = padded(SETS["classes"], 3)
    flat = {"layers": [{"kind": "conv1d", "out_channels": 3, "kernel": 3}, {"kind": "flatten"}]}
    made = Trainer(dense, settled(TrainingSpec.from_json({"network": flat, "training": {"epochs": 1}}), dense))
    for _ in made.epochs():
        pass
    assert made.pipeline().length == 20
    assert evaluate(made.pipeline(), dense) == evaluate(made.pipeline(), SETS["classes"])


def test_no_statistic_comes_from_what_is_held_back() -> None:
    series = targeted_waves(20)
    made = trainer(series, **VALIDATED)
    held = made._problem.held
    assert held is not None
    values, targets = series.values.copy(), series.targets
    assert targets is not None
    changed = targets.copy()
    for start, length in zip(held.starts, held.lengths, strict=True):
        case = int(np.searchsorted(series.offsets, start))
        values[start : start + length] *= 1000
        changed[case] = 1e6
    other = trainer(Series(values, series.offsets, series.channels, targets=changed), **VALIDATED)
    ours, theirs = made.pipeline(), other.pipeline()
    np.testing.assert_array_equal(ours.preprocessing.mean, theirs.preprocessing.mean)
    np.testing.assert_array_equal(ours.preprocessing.deviation, theirs.preprocessing.deviation)
    np.testing.assert_array_equal(ours.target_mean, theirs.target_mean)
