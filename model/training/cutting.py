"""How series come before the network: what a spec leaves open of scaling and windows, and what windows amount to.

A forecast always sees a window. The other tasks take whole cases, unless they are asked to cut them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.data.series import SeriesFacts, Task
from model.data.windows import Windowing
from model.errors import InvalidSpec
from model.training import defaults
from model.training.sections import PreprocessingSection


def resolve(section: PreprocessingSection, task: Task, facts: SeriesFacts) -> PreprocessingSection:
    """With every default filled in for series with these facts; InvalidSpec for windows that they have no room for."""
    scaling = section.scaling or defaults.scaling(task, facts.strength)
    chosen = replace(section, scaling=scaling, missing=section.missing or defaults.MISSING)
    if task != "forecasting":
        return _cut(chosen, task, facts)
    if section.scaling == "instance":
        raise InvalidSpec(
            "Forecasts scale by channel or not at all: a series scaled by itself hides the level to forecast.",
            pointer="/preprocessing/scaling",
        )
    horizon = section.horizon or defaults.horizon(facts.length_max)
    window = section.window or defaults.window(facts.length_max, horizon)
    if window + horizon > facts.length_max:
        raise InvalidSpec(
            f"A window of {window} and a horizon of {horizon} need {window + horizon} steps; "
            f"the longest series has {facts.length_max}.",
            pointer="/preprocessing/window" if section.window else "/preprocessing/horizon",
        )
    stride = section.stride or defaults.stride(facts.cases, facts.length_max - window - horizon + 1)
    return replace(chosen, window=window, horizon=horizon, stride=stride)


def windowing(section: PreprocessingSection) -> Windowing | None:
    """How a resolved spec cuts series; None where it takes them whole."""
    return None if section.window is None else Windowing(section.window, section.horizon or 0, section.stride or 1)


def seen_lengths(section: PreprocessingSection, lengths: tuple[int, int]) -> tuple[int, int]:
    """The fewest and the most steps that the network sees at once, of cases of such lengths.

    A forecast sees windows of one length only.
    """
    low, high = lengths
    if section.window is None:
        return low, high
    return (section.window if section.horizon else min(low, section.window)), min(high, section.window)


def samples(section: PreprocessingSection, facts: SeriesFacts) -> int:
    """About how many there are to train and validate on, were all series as long as the longest."""
    cut, longest = windowing(section), facts.length_max
    if cut is None:
        return facts.cases
    if cut.horizon:
        return facts.cases * ((longest - cut.span) // cut.stride + 1)
    return facts.cases * int(cut.counts(np.array(longest)))


def _cut(section: PreprocessingSection, task: Task, facts: SeriesFacts) -> PreprocessingSection:
    """Windows are for who asks for them: cases are taken whole otherwise."""
    if section.horizon is not None:
        raise InvalidSpec(f"horizon is for forecasting, not for {task}.", pointer="/preprocessing/horizon")
    if section.window is None:
        if section.stride is not None:
            raise InvalidSpec(
                "stride is from window to window; window says how long one is.", pointer="/preprocessing/stride"
            )
        return section
    if section.window > facts.length_max:
        raise InvalidSpec(
            f"A window of {section.window} steps is longer than the longest series, which has {facts.length_max}.",
            pointer="/preprocessing/window",
        )
    return replace(section, stride=section.stride or defaults.overlapping(section.window))
