"""Hypothesis strategies for series of any shape, with and without gaps."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.arrays import Array
from model.data.series import Series

FINITE = st.floats(-1e4, 1e4, width=32)
GAPPY = st.one_of(FINITE, st.just(float("nan")))


@st.composite
def cases(draw: st.DrawFn, *, gaps: bool = True, most: int = 6, longest: int = 9) -> list[Array]:
    channels = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, longest), min_size=1, max_size=most))
    elements = GAPPY if gaps else FINITE
    return [draw(hnp.arrays(np.float32, (length, channels), elements=elements)) for length in lengths]


@st.composite
def series(draw: st.DrawFn, *, gaps: bool = True, most: int = 6, longest: int = 9) -> Series:
    return Series.from_cases(draw(cases(gaps=gaps, most=most, longest=longest)))


def waves(count: int = 24, *, length: int = 20, channels: int = 2, seed: int = 0, ragged: bool = False) -> list[Array]:
    """Cases whose frequency tells their class, which is their place modulo two."""
    generator = np.random.default_rng(seed)
    made = []
    for index in range(count):
        steps = int(generator.integers(length // 2, length + 1)) if ragged else length
        phase = generator.uniform(0, 2 * np.pi, channels)
        wave = np.sin(np.arange(steps)[:, None] * (0.4 if index % 2 else 1.3) + phase)
        made.append((wave + generator.normal(0, 0.1, wave.shape)).astype(np.float32))
    return made


def labelled_waves(count: int = 24, *, length: int = 20, seed: int = 0, ragged: bool = False) -> Series:
    return Series.from_cases(
        waves(count, length=length, seed=seed, ragged=ragged),
        ["left", "right"],
        labels=["fast" if index % 2 == 0 else "slow" for index in range(count)],
    )


def targeted_waves(count: int = 24, *, length: int = 20, seed: int = 0) -> Series:
    """Waves as strong as their target says, in units far from zero."""
    strength = np.random.default_rng([seed, 1]).uniform(0.5, 2, count)
    made = [wave * factor for wave, factor in zip(waves(count, length=length, seed=seed), strength, strict=True)]
    return Series.from_cases(made, ["left", "right"], targets=100 + 10 * strength)


def long_wave(steps: int = 160, channels: int = 2) -> Series:
    t = np.arange(steps)[:, None]
    wave = 5 + np.sin(t * 0.5 + np.arange(channels))
    return Series.from_cases([wave.astype(np.float32)])
