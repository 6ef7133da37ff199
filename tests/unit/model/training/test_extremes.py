"""Whatever stands in the series: training ends in finite weights, or in an error that says why not."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.scaling import FILLINGS, SCALINGS
from model.data.series import Series
from model.errors import ModelError
from model.interchange import archive
from model.training.metrics import evaluate
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer

CONVOLUTION = {"kind": "conv1d", "out_channels": 3, "kernel": 3}
BODIES = (
    [CONVOLUTION, {"kind": "batch_normalization"}, {"kind": "relu"}],
    [CONVOLUTION, {"kind": "flatten"}],
    [{**CONVOLUTION, "padding": "valid"}],
)


@st.composite
def series(draw: st.DrawFn) -> Series:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, channels, longest = draw(st.integers(1, 7)), draw(st.integers(1, 2)), draw(st.integers(1, 12))
    equal, gaps = draw(st.booleans()), draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))
    scale = 10.0 ** draw(st.integers(-45, 38))
    cases = []
    for _ in range(count):
        length = longest if equal else int(generator.integers(1, longest + 1))
        case = generator.normal(size=(length, channels)) * scale
        case[generator.random(case.shape) < gaps] = np.nan
        if generator.random() < 0.3:
            case[:, 0] = scale
        cases.append(np.clip(case, -3e38, 3e38))
    kind = draw(st.sampled_from(["labels", "targets", "neither"]))
    if kind == "labels":
        return Series.from_cases(cases, labels=[str(label) for label in generator.integers(0, 3, count)])
    if kind == "targets":
        return Series.from_cases(cases, targets=generator.normal(size=count) * 10.0 ** draw(st.integers(-44, 37)))
    return Series.from_cases(cases)


@settings(max_examples=200)
@given(
    series(),
    st.sampled_from(BODIES),
    st.sampled_from(SCALINGS),
    st.sampled_from(tuple(FILLINGS)),
    st.sampled_from([None, {"fraction": 0.3}]),
)
def test_training_ends_in_finite_weights_or_in_an_error_of_ours(
    held: Series, layers: list[object], scaling: str, missing: str, validation: object
) -> None:
    given_spec = {
        "network": {"layers": layers},
        "preprocessing": {"scaling": scaling, "missing": missing},
        "training": {"epochs": 2, "validation": validation},
    }
    try:
        trainer = Trainer(held, settled(TrainingSpec.from_json(given_spec), held))
        for report in trainer.epochs():
            json.dumps(dict(report.metrics), allow_nan=False)
        pipeline = trainer.pipeline()
        metrics, _ = evaluate(archive.load(archive.save(pipeline)), held)
    except ModelError as error:
        assert error.message  # noqa: PT017 - refused in words is as good
        return
    assert np.isfinite(pipeline.network.parameters).all()
    assert np.isfinite(pipeline.network.state).all()
    assert np.isfinite(list(metrics.values())).all()
