"""An exported file against the network it came from: both answer the same probes, in ONNX Runtime and in NumPy.

The probes are what serving meets: one case and several, gaps, channels that were never observed, constants, the
shortest series and longer ones, and cases that end early where the pipeline masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from model.arrays import Array
from model.errors import ExportRefused, InvalidSpec
from model.geometry import Shape
from model.interchange import runtime
from model.layers import sequence
from model.pipeline import Predictor

if TYPE_CHECKING:
    from model.pipeline import Pipeline

TOLERANCE = 1e-4
LONGEST = 1 << 16
SEED = 20180101
GAPS = 0.3
"""The share of values that a damaged probe misses."""


def verify(model_bytes: bytes, pipeline: Pipeline) -> float:
    """The largest difference of any answer; ExportRefused above `TOLERANCE`, or if the file does not run.

    Probabilities are compared as they are, values in units of their own size or their training deviation, whichever is
    larger. A label may differ only where the two best probabilities are that close.
    """
    session = _session(model_bytes)
    names = [each.name for each in session.get_outputs()]
    predictor = Predictor(pipeline)
    largest = 0.0
    for series in probes(pipeline):
        expected = predictor.predict(series)
        try:
            found = dict(zip(names, session.run(names, {"series": series}), strict=True))
        except Exception as error:
            raise ExportRefused(f"The graph does not run on series of shape {series.shape}: {error}") from error
        largest = max(largest, _difference(expected, found, pipeline))
        if not largest <= TOLERANCE:
            raise ExportRefused(
                f"The exported graph differs from the network by {largest:.2g} on series of shape {series.shape}; "
                f"at most {TOLERANCE:g} is accepted."
            )
    return largest


def probes(pipeline: Pipeline) -> Iterator[Array]:
    """Batches (N, C, L) float32 with NaN where a value is missing, like the series that the pipeline was trained on."""
    generator = np.random.default_rng(SEED)
    fitted = pipeline.preprocessing
    windowed = pipeline.windowing is not None and not pipeline.windowing.horizon
    shortest = _shortest(pipeline)
    for length in _lengths(pipeline, shortest):
        for batch in (1, 5):
            noise = generator.standard_normal((batch, len(pipeline.channels), length))
            walk = noise + np.cumsum(noise, axis=2) / np.sqrt(np.arange(1, length + 1))
            whole = (walk * fitted.deviation[:, None] + fitted.mean[:, None]).astype(np.float32)
            yield whole
            yield _damaged(whole, generator)
            if pipeline.masked or windowed:
                yield _ended(whole, shortest, generator)


def _damaged(whole: Array, generator: np.random.Generator) -> Array:
    """Gaps within, before and behind; in the last case a channel never observed, and one that is constant."""
    series = whole.copy()
    batch, channels, length = series.shape
    series[generator.random(series.shape) < GAPS] = np.nan
    series[0, 0, : length // 3] = np.nan
    series[0, -1, length - length // 3 :] = np.nan
    series[-1, generator.integers(channels)] = np.nan
    series[batch // 2, generator.integers(channels)] = whole[0, 0, 0]
    last, unseen = series[:, :, -1], np.isnan(series[:, :, -1]).all(axis=1)
    last[unseen] = whole[unseen, :, -1]  # only what is cut off on purpose ends early
    return series


def _ended(whole: Array, shortest: int, generator: np.random.Generator) -> Array:
    """Cases that end anywhere from the shortest length on, the rest of the array missing."""
    series = _damaged(whole, generator)
    for case in range(1, len(series)):
        end = generator.integers(shortest, series.shape[2] + 1)
        if np.isnan(series[case, :, end - 1]).all():  # a gap there would end the case before
            series[case, :, end - 1] = whole[case, :, end - 1]
        series[case, :, end:] = np.nan
    return series


def _lengths(pipeline: Pipeline, shortest: int) -> tuple[int, ...]:
    """Lengths to probe: the shortest and some longer, as far as the pipeline takes them."""
    if pipeline.window is not None:
        return (shortest, pipeline.window, pipeline.window + 1, 3 * pipeline.window + 99)
    if pipeline.length is None:
        return (shortest, shortest + 1, 2 * shortest + 99)
    return (shortest, pipeline.length) if pipeline.masked else (pipeline.length,)


def _shortest(pipeline: Pipeline) -> int:
    """The shortest series that the pipeline answers for."""
    forecasts = pipeline.horizon is not None
    if pipeline.window is not None and (forecasts or (pipeline.length is not None and not pipeline.masked)):
        return pipeline.window
    return min(shortest_length(pipeline), pipeline.window or LONGEST)


def shortest_length(pipeline: Pipeline) -> int:
    """The shortest series that the network's windows fit into."""
    low, high = 0, 1
    while not _fits(pipeline, high):
        low, high = high, 2 * high
        if high > LONGEST:
            raise ExportRefused(f"The network takes no series of {LONGEST} steps, and no longer ones are tried.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(pipeline, middle) else (middle, high)
    return high


def _fits(pipeline: Pipeline, length: int) -> bool:
    try:
        sequence.shapes(pipeline.network.layers, Shape(pipeline.network.channels, length))
    except InvalidSpec:
        return False
    return True


def _difference(expected: dict[str, Array], found: dict[str, Array], pipeline: Pipeline) -> float:
    """The largest difference between two sets of answers; infinite if they cannot be compared."""
    for name, values in expected.items():
        if name not in found or found[name].shape != values.shape:
            raise ExportRefused(f"The exported graph gives no output {name} of shape {values.shape}.")
    if "probabilities" in expected:
        ours, theirs = expected["probabilities"], found["probabilities"]
        difference = np.abs(ours - theirs).max()
        best = np.sort(ours, axis=1)
        clear = best[:, -1] - best[:, -2] > 2 * TOLERANCE if ours.shape[1] > 1 else np.ones(len(ours), np.bool_)
        if (expected["label"] != found["label"])[clear].any():
            return float("inf")
        return float(difference) if np.isfinite(difference) else float("inf")
    deviation = 1.0 if pipeline.target_deviation is None else np.abs(pipeline.target_deviation)
    largest = 0.0
    for name in expected:
        ours, theirs = (each[name].reshape(len(each[name]), -1) for each in (expected, found))
        difference = (np.abs(ours - theirs) / np.maximum(np.abs(ours), deviation)).max()
        largest = max(largest, float(difference) if np.isfinite(difference) else float("inf"))
    return largest


def _session(model_bytes: bytes) -> Any:  # noqa: ANN401 - ONNX Runtime publishes no types
    try:
        return runtime.session(model_bytes)
    except Exception as error:
        raise ExportRefused(f"ONNX Runtime does not load the exported graph: {error}") from error
