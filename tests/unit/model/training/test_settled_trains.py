"""The law of settlement: what is settled trains to its end, whatever small series and specs it is drawn from."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.outline import Outline
from model.data.series import Series
from model.errors import ModelError
from model.training.settlement import settle
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from model.training.validation import unfit

SMALL: dict[str, Any] = {"kind": "conv1d", "out_channels": 2, "kernel": 3}
NETWORKS: tuple[dict[str, Any], ...] = (
    {"layers": [SMALL]},
    {"layers": [{**SMALL, "padding": "valid"}]},
    {"layers": [{"kind": "max_pool", "size": 2}]},
    {"layers": [{"kind": "flatten"}]},
)
VALIDATIONS: tuple[Any, ...] = (
    {},
    None,
    {"fraction": 0.5},
    {"fraction": 0.9},
    {"fraction": 0.01},
    {"by": "group"},
    {"by": "time", "fraction": 0.5},
    {"by": "case"},
    {"groups": ["g0"]},
    {"cases": [0]},
    {"cases": [1]},
)


@st.composite
def small_series(draw: st.DrawFn, answers: str) -> Series:
    """A handful of short cases: with classes and groups of any sizes, gaps, padding at the end, one value only."""
    lengths = draw(st.lists(st.sampled_from((1, 2, 3, 5, 13)), min_size=1, max_size=6))
    count = len(lengths)
    generator = np.random.default_rng(draw(st.integers(0, 9)))
    cases = [generator.normal(size=(length, 2)).astype(np.float32) for length in lengths]
    for case, gap in zip(cases, draw(st.lists(st.booleans(), min_size=count, max_size=count)), strict=True):
        if gap:
            case[draw(st.integers(0, len(case) - 1)) :] = np.nan
    groups = draw(st.none() | st.lists(st.sampled_from(("g0", "g1", "g2")), min_size=count, max_size=count))
    labels = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    return Series.from_cases(
        cases,
        labels=labels if answers == "classification" else None,
        targets=generator.normal(size=(count, draw(st.integers(1, 3)))) if answers == "regression" else None,
        groups=groups,
    )


CHOICES: dict[str, dict[str, tuple[Any, ...]]] = {
    "classification": {
        "loss": ({"kind": "softmax_cross_entropy", "label_smoothing": 0.1}, {"kind": "focal"}),
        "augmentation": ([{"kind": "mixup"}], [{"kind": "time_warp"}, {"kind": "shift"}]),
        "class_weights": ("balanced",),
    },
    "regression": {
        "loss": ({"kind": "quantile", "quantiles": [0.1, 0.5, 0.9]}, {"kind": "huber"}),
        "augmentation": ([{"kind": "mixup"}, {"kind": "jitter"}], [{"kind": "scaling"}]),
    },
    "forecasting": {
        "loss": ({"kind": "quantile", "quantiles": [0.1, 0.9]}, {"kind": "mean_absolute_error"}),
        "augmentation": ([{"kind": "mixup"}], [{"kind": "jitter"}]),
    },
}
"""What may be chosen of the training, by what the series are for."""


@st.composite
def specs(draw: st.DrawFn, task: str) -> dict[str, Any]:
    training: dict[str, Any] = {"epochs": 1, "validation": draw(st.sampled_from(VALIDATIONS))}
    if training["validation"] == {}:
        del training["validation"]
    if draw(st.booleans()):
        training["batch_size"] = draw(st.sampled_from((1, 2, 5)))
    if draw(st.booleans()):
        training["early_stopping"] = {"patience": 1}
    preprocessing: dict[str, Any] = {"missing": draw(st.sampled_from(("interpolate", "zero", "mask")))}
    if draw(st.booleans()):
        preprocessing["window"] = draw(st.sampled_from((1, 2, 5)))
        if draw(st.booleans()):
            preprocessing["stride"] = draw(st.sampled_from((1, 2, 7)))
    if task == "forecasting" and draw(st.booleans()):
        preprocessing["horizon"] = draw(st.sampled_from((1, 2, 4)))
    for name, choices in CHOICES[task].items():
        if draw(st.booleans()):
            training[name] = draw(st.sampled_from(choices))
    return {"network": draw(st.sampled_from(NETWORKS)), "preprocessing": preprocessing, "training": training}


def settled(series: Series, spec: dict[str, Any], others: Series | None = None) -> TrainingSpec:
    wanted, outline = TrainingSpec.from_json(spec), None if others is None else Outline.of(others)
    return settle(wanted, series.describe(), Outline.of(series), outline)


def trains(series: Series, spec: TrainingSpec, others: Series | None = None) -> None:
    """To the end, to finite weights."""
    trainer = Trainer(series, TrainingSpec.from_json(spec.to_json()), None, others)
    assert trainer.spec == spec
    for _ in trainer.epochs():
        pass
    assert (spec.training.batch_size or 0) <= trainer._problem.training.count
    assert settled(series, spec.to_json(), others) == spec
    assert np.isfinite(trainer.pipeline().network.parameters).all()


def test_a_spec_that_is_not_settled_is_not_trained() -> None:
    series = Series.from_cases([np.ones((3, 1)), np.zeros((3, 1))], labels=["a", "b"])
    with pytest.raises(ValueError, match="settled"):
        Trainer(series, TrainingSpec.from_json({"network": NETWORKS[0]}))


@pytest.mark.parametrize("task", ["classification", "regression", "forecasting"])
def test_whatever_is_settled_trains(task: str) -> None:
    trained = 0

    @settings(max_examples=150)
    @given(small_series(task), specs(task))
    def whatever_is_settled_trains(series: Series, asked: dict[str, Any]) -> None:
        nonlocal trained
        try:
            spec = settled(series, asked)
        except ModelError:
            return
        trained += 1
        trains(series, spec)

    whatever_is_settled_trains()
    assert trained > 15


@pytest.mark.parametrize("task", ["classification", "regression", "forecasting"])
def test_whatever_is_settled_trains_beside_other_series_too(task: str) -> None:
    trained = 0

    @settings(max_examples=100)
    @given(small_series(task), small_series(task), specs(task))
    def whatever_is_settled_trains(series: Series, others: Series, asked: dict[str, Any]) -> None:
        nonlocal trained
        asked["training"]["validation"] = {"dataset": "others"}
        if unfit(others.describe(), series.describe(), task) is not None:  # type: ignore[arg-type]  # one of the tasks
            return
        try:
            spec = settled(series, asked, others)
        except ModelError:
            return
        trained += 1
        trains(series, spec, others)

    whatever_is_settled_trains()
    assert trained > 5
