"""An exported file on its own: ONNX Runtime and NumPy, and nothing of this project.

    python examples/run_onnx.py gestures.onnx

Scaling and the treatment of missing values are inside the graph, so raw values go in, NaN for a missing one.
"""

import os
import sys

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # its official builds send events to their maker unless told not to
import onnxruntime

FREE = 100
"""The number of steps to try where the network takes any."""


def main(path: str) -> int:
    """Say what the file takes and gives, and run it on noise."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for key, value in session.get_modelmeta().custom_metadata_map.items():
        print(f"{key}: {value[:100]}")

    series = session.get_inputs()[0]
    _, channels, length = series.shape
    cases = np.random.default_rng(0).standard_normal((3, channels, length if isinstance(length, int) else FREE))
    cases[0, 0, :5] = np.nan
    for output, value in zip(
        session.get_outputs(), session.run(None, {series.name: cases.astype(np.float32)}), strict=True
    ):
        print(f"{output.name} {np.shape(value)}:\n{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
