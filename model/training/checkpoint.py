"""A checkpoint: everything that the next epoch depends on, so that a resumed training is the uninterrupted one.

It is kept as a sealed container; two runs of the same spec over the same series write the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.arrays import Array
from model.errors import InvalidArchive
from model.interchange import container

KIND = "wavetap-checkpoint"
FORMAT = 1

_BEST = "best/"
_MOMENTS = "moments/"


@dataclass(frozen=True, eq=False)
class Weights:
    """parameters: (P,) float32; state: (S,) float32, the running statistics."""

    parameters: Array
    state: Array

    def copy(self) -> Weights:
        """The same values, which nothing moves any more."""
        return Weights(self.parameters.copy(), self.state.copy())


@dataclass(frozen=True)
class Generators:
    """The states of all random numbers, as NumPy gives them: of the order of cases, of each shard's dropout, and of
    augmentation.
    """

    order: Mapping[str, Any]
    dropout: tuple[Mapping[str, Any], ...]
    augmentation: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The weights, the optimizer, the random numbers, what was reported, and the best so far.

    spec: the resolved spec's JSON; history: the metrics of each epoch; best: None while nothing was validated
    stages: (epoch, epochs) for every time that the number of epochs was set
    """

    spec: Mapping[str, Any]
    weights: Weights
    moments: Mapping[str, Array]
    steps: int
    generators: Generators
    history: tuple[Mapping[str, float], ...]
    best: Weights | None = None
    best_epoch: int | None = None
    stages: tuple[tuple[int, int], ...] = ()

    def write(self) -> bytes:
        """The checkpoint's bytes."""
        arrays = {"parameters": self.weights.parameters, "state": self.weights.state}
        arrays |= {_MOMENTS + name: moment for name, moment in self.moments.items()}
        if self.best is not None:
            arrays |= {f"{_BEST}parameters": self.best.parameters, f"{_BEST}state": self.best.state}
        manifest = {
            "spec": self.spec,
            "steps": self.steps,
            "generators": vars(self.generators),
            "history": self.history,
            "best_epoch": self.best_epoch,
            "stages": self.stages,
        }
        text = json.dumps(manifest, allow_nan=False, separators=(",", ":"))
        return container.write(arrays, {"kind": KIND, "format": str(FORMAT), "manifest": text})

    @classmethod
    def read(cls, content: bytes) -> Checkpoint:
        """The checkpoint again, bit for bit; InvalidArchive if the bytes are anything else than `write` gave."""
        arrays, metadata = container.read(content)
        if metadata.get("kind") != KIND or metadata.get("format") != str(FORMAT):
            raise InvalidArchive("The file is a container, but holds no checkpoint that this version can read.")
        try:
            return _checkpoint(json.loads(metadata["manifest"]), arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidArchive(f"The checkpoint's manifest does not describe a training: {error}") from error


def _checkpoint(manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> Checkpoint:
    best = None
    if manifest["best_epoch"] is not None:
        best = Weights(arrays[f"{_BEST}parameters"], arrays[f"{_BEST}state"])
    generators = manifest["generators"]
    return Checkpoint(
        spec=manifest["spec"],
        weights=Weights(arrays["parameters"], arrays["state"]),
        moments={name.removeprefix(_MOMENTS): array for name, array in arrays.items() if name.startswith(_MOMENTS)},
        steps=manifest["steps"],
        generators=Generators(generators["order"], tuple(generators["dropout"]), generators["augmentation"]),
        history=tuple(manifest["history"]),
        best=best,
        best_epoch=manifest["best_epoch"],
        stages=tuple((epoch, epochs) for epoch, epochs in manifest["stages"]),
    )
