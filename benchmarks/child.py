"""One section with one number of threads, in a process of its own: a line of JSON for each measurement.

Thread numbers are set for a process: one BLAS thread and `threads` shards for us, the same number for PyTorch's and
ONNX Runtime's own pools. `python -m benchmarks.child SECTION THREADS [quick]`
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from benchmarks import inference, layers, memory, products, profile, training
from benchmarks.measurement import Measurements

SECTIONS: Mapping[str, Callable[..., Measurements]] = MappingProxyType(
    {
        "products": products.measure,
        "layers": layers.measure,
        "training": training.measure,
        "compiled": training.measure_compiled,
        "inference": inference.measure,
        "memory": memory.measure,
        "profile": profile.measure,
    }
)


def main(section: str, threads: int, *, quick: bool) -> None:
    """Prints measurements as they come."""
    warnings.simplefilter("ignore")  # PyTorch's, on "same" padding of even kernels
    torch.set_num_threads(threads)
    for measurement in SECTIONS[section](threads, quick=quick):
        print(measurement.to_json(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), quick="quick" in sys.argv[3:])
