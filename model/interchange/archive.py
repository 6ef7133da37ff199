"""The archive: a pipeline as one sealed container, so that whoever loads it answers as the one that was trained.

The manifest (JSON, in the container's metadata) holds what is not an array. Parameters and statistics stand under their
own names, `parameters/layers/0/kernel`, for whoever opens the file with another reader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.arrays import Array
from model.data.scaling import Preprocessing
from model.data.series import TASKS
from model.errors import InvalidArchive, InvalidSpec
from model.geometry import Shape
from model.interchange.container import Contents, read, write
from model.layers import sequence
from model.layers.registry import layers_from_json
from model.network import Network
from model.parameters import Layout
from model.pipeline import Pipeline

__all__ = ["Contents", "load", "read", "save", "write"]

KIND = "wavetap-model"
FORMAT = 1

_PLAIN = ("task", "channels", "classes", "horizon", "window", "length", "masked", "quantiles", "temperature", "stride")
_TARGETS = ("target_mean", "target_deviation")


def save(pipeline: Pipeline) -> bytes:
    """The archive's bytes; the same pipeline gives the same bytes."""
    network, preprocessing = pipeline.network, pipeline.preprocessing
    arrays = {f"parameters/{name}": view for name, view in network.layout.views(network.parameters).items()}
    arrays |= {f"state/{name}": view for name, view in network.state_layout.views(network.state).items()}
    arrays |= {"preprocessing/mean": preprocessing.mean, "preprocessing/deviation": preprocessing.deviation}
    for name in _TARGETS:
        array = getattr(pipeline, name)
        if array is not None:
            arrays[name] = array
    manifest = {
        **{name: getattr(pipeline, name) for name in _PLAIN},
        "network": network.to_json(),
        "preprocessing": {"scaling": preprocessing.scaling, "missing": preprocessing.missing},
        "metadata": dict(pipeline.metadata),
    }
    text = json.dumps(manifest, allow_nan=False, separators=(",", ":"))
    return write(arrays, {"kind": KIND, "format": str(FORMAT), "manifest": text})


def load(source: bytes | memoryview | Path) -> Pipeline:
    """The pipeline again, bit for bit; InvalidArchive if the bytes are anything else than `save` gave.

    Its parameters are read-only, and where the archive is mapped from a file they are the file's own pages: processes
    that map the same file share them.
    """
    arrays, metadata = read(source)
    if metadata.get("kind") != KIND:
        raise InvalidArchive("The file is a container, but holds no model.")
    if metadata.get("format") != str(FORMAT):
        raise InvalidArchive(f"The archive has format {metadata.get('format')}; this version reads format {FORMAT}.")
    try:
        return _pipeline(json.loads(metadata["manifest"]), arrays)
    except (KeyError, TypeError, ValueError, InvalidSpec) as error:
        raise InvalidArchive(f"The archive's manifest does not describe a model: {error}") from error


def _pipeline(manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> Pipeline:
    if manifest["task"] not in TASKS:
        raise ValueError(f"there is no task {manifest['task']}")
    classes, quantiles = manifest["classes"], manifest["quantiles"]
    return Pipeline(
        task=manifest["task"],
        network=_network(manifest["network"], arrays),
        preprocessing=Preprocessing(
            **manifest["preprocessing"],
            mean=arrays["preprocessing/mean"],
            deviation=arrays["preprocessing/deviation"],
        ),
        channels=tuple(manifest["channels"]),
        classes=None if classes is None else tuple(classes),
        target_mean=arrays.get("target_mean"),
        target_deviation=arrays.get("target_deviation"),
        horizon=manifest["horizon"],
        window=manifest["window"],
        stride=manifest.get("stride"),
        length=manifest["length"],
        masked=manifest["masked"],
        quantiles=None if quantiles is None else tuple(quantiles),
        temperature=manifest["temperature"],
        metadata=manifest["metadata"],
    )


def _network(given: Mapping[str, Any], arrays: Mapping[str, Array]) -> Network:
    layers = layers_from_json(given["layers"])
    shape = Shape(given["channels"], given["length"])
    return Network(
        layers,
        shape.channels,
        shape.length,
        _joined(Layout.of(sequence.parameters(layers, shape)), "parameters", arrays),
        _joined(Layout.of(sequence.state(layers, shape)), "state", arrays),
    )


def _joined(layout: Layout, group: str, arrays: Mapping[str, Array]) -> Array:
    """The flat vector that the layers need, from its named parts."""
    named = {name.removeprefix(f"{group}/"): array for name, array in arrays.items() if name.startswith(f"{group}/")}
    expected = {parameter.name: parameter.shape for parameter in layout.parameters}
    if {name: array.shape for name, array in named.items()} != expected:
        raise ValueError(f"the {group} do not fit the layers")
    parts = [named[parameter.name] for parameter in layout.parameters]
    flat = _adjoining(parts)
    if flat is None:  # an archive of a release that sorted them by name
        flat = np.concatenate([np.zeros(0, np.float32), *(part.ravel() for part in parts)])
        flat.flags.writeable = False
    return flat


def _adjoining(parts: Sequence[Array]) -> Array | None:
    """The arrays as one, without copying, if each lies in memory where the one before it ends."""
    places = [part.__array_interface__["data"][0] for part in parts]
    ends = [place + part.nbytes for place, part in zip(places, parts, strict=True)]
    if places[1:] != ends[:-1] or not all(part.size and part.dtype == np.float32 for part in parts) or not parts:
        return None
    size = sum(part.size for part in parts)
    return np.lib.stride_tricks.as_strided(parts[0].reshape(-1), (size,), (parts[0].itemsize,), writeable=False)
