"""The record of a training: what must be known to train the same network again, bit for bit.

The same series, spec, seed and code give the same weights as long as sums are added in the same order: that is up to
NumPy, the BLAS library behind it, the processor it was built for, and the threads that share a step.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # it publishes no types

if TYPE_CHECKING:
    from model.network import Network
    from model.pipeline import Pipeline

ENVIRONMENT = ("numpy_version", "machine", "blas")
"""Members of a record that may change the last bits of a sum."""


def record(pipeline: Pipeline, dataset_digest: str, code_version: str) -> dict[str, Any]:
    """Everything of a trained pipeline's origin, as JSON.

    shards: parts that every step is cut into, each for a thread, whose gradients are added in their order
    stages: [epoch, epochs] for every time that the number of epochs was set, the learning rate following it
    windows: how many were trained and validated on, where series were cut into them
    remarks: what is odd about the training, though it could be done: a sentence each
    trained_epochs: how many were finished, fewer where a time limit broke in; epoch: the one whose weights these are
    """
    spec: Mapping[str, Any] = pipeline.metadata["spec"]
    threads = spec["training"]["threads"]
    return {
        "dataset_digest": dataset_digest,
        "code_version": code_version,
        "seed": spec["training"]["seed"],
        "threads": threads,
        "shards": min(threads, spec["training"]["batch_size"]),
        "stages": pipeline.metadata["stages"],
        "trained_epochs": pipeline.metadata["trained_epochs"],
        "epoch": pipeline.metadata["epoch"],
        **({"windows": pipeline.metadata["windows"]} if "windows" in pipeline.metadata else {}),
        "remarks": pipeline.metadata["remarks"],
        "weights_sha256": weights_sha256(pipeline.network),
        **environment(),
    }


def environment() -> dict[str, Any]:
    """The interpreter, NumPy, and the BLAS library as it runs in this process."""
    return {
        "python_version": platform.python_version(),
        "numpy_version": np.__version__,
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "blas": _blas(),
    }


def weights_sha256(network: Network) -> str:
    """SHA-256 over the parameters, then the running statistics, as little-endian 32-bit floats."""
    digest = hashlib.sha256()
    for flat in (network.parameters, network.state):
        digest.update(np.ascontiguousarray(flat, "<f4").data)
    return digest.hexdigest()


def _blas() -> dict[str, Any] | None:
    """Of several libraries, NumPy's own."""
    found = [each for each in threadpool_info() if each["user_api"] == "blas"]
    if not found:
        return None
    ours = next((each for each in found if "numpy" in each["filepath"]), found[0])
    return {
        "name": ours["internal_api"],
        "version": ours["version"],
        "architecture": ours.get("architecture"),
        "threads": ours["num_threads"],
    }
