"""One case that a model takes, made up in the shape and at the level of what it was trained on."""

from dataclasses import dataclass

import numpy as np

from model.interchange.onnx_verification import shortest_length
from model.pipeline import Pipeline
from service.domain.models import ModelVersion

LEAST_STEPS = 8
"""As many are shown of a series that may have any length."""
DIGITS = 4


@dataclass(frozen=True)
class Example:
    """What a version's page shows: the version, and a case (channels, steps)."""

    version: ModelVersion
    case: list[list[float]]

    @property
    def steps(self) -> int:
        """How many the case has."""
        return len(self.case[0])


def example(version: ModelVersion, pipeline: Pipeline) -> Example:
    """A wave in each channel, around its mean and as high as its deviation."""
    taken = pipeline.length if pipeline.window is not None else version.draft.signature.length
    length = taken or max(LEAST_STEPS, shortest_length(pipeline))
    fitted = pipeline.preprocessing
    phase = np.arange(length) / LEAST_STEPS + np.arange(len(pipeline.channels))[:, None]
    values = fitted.mean[:, None] + fitted.deviation[:, None] * np.sin(2 * np.pi * phase)
    return Example(version, [[float(f"{value:.{DIGITS}g}") for value in channel] for channel in values.tolist()])
