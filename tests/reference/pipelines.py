"""Pipelines that were never trained but answer as if: every parameter and statistic drawn at random."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.data.scaling import Preprocessing, input_channels
from model.layers.dense import Dense
from model.layers.layer import LayerSpec
from model.network import Network
from model.pipeline import Pipeline

LABELS = ("Badminton", "Läufer", "standing still", "步行")


def scrambled(network: Network, generator: np.random.Generator) -> Network:
    """The network with biases, gains and statistics that are none of the values they begin with."""
    parameters, state = network.parameters.copy(), network.state.copy()
    for name, view in network.layout.views(parameters).items():
        if not name.endswith("kernel"):
            np.add(view, generator.normal(0, 0.2, view.shape), out=view, casting="same_kind")
    for name, view in network.state_layout.views(state).items():
        view[...] = (
            generator.uniform(0.5, 2, view.shape) if "variance" in name else generator.normal(0, 0.3, view.shape)
        )
    return network.with_parameters(parameters, state)


def pipeline_of(
    body: Sequence[LayerSpec],
    *,
    channels: int = 3,
    length: int | None = None,
    task: str = "classification",
    outputs: int = 4,
    horizon: int | None = None,
    window: int | None = None,
    scaling: str = "channel",
    missing: str = "interpolate",
    masked: bool = False,
    metadata: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Pipeline:
    """A body, a head of `outputs`, and preprocessing fitted to channels of any level and spread."""
    generator = np.random.default_rng(seed)
    width = outputs if horizon is None else channels * horizon
    seen = input_channels(channels, missing)  # type: ignore[arg-type]
    network = scrambled(Network.initialize((*body, Dense(width)), seen, length or window, generator), generator)
    mean, deviation = generator.normal(0, 20, channels), generator.uniform(0.5, 30, channels)
    fitted = Preprocessing(scaling, missing, mean.astype(np.float32), deviation.astype(np.float32))  # type: ignore[arg-type]
    classified = task == "classification"
    return Pipeline(
        task=task,  # type: ignore[arg-type]
        network=network,
        preprocessing=fitted,
        channels=tuple(f"channel {index}" for index in range(channels)),
        classes=tuple(sorted(LABELS))[:outputs] if classified else None,
        target_mean=None if classified else generator.normal(0, 5, width).astype(np.float32),
        target_deviation=None if classified else generator.uniform(0.5, 5, width).astype(np.float32),
        horizon=horizon,
        window=window,
        length=network.length,
        masked=masked,
        metadata=metadata or {},
    )
