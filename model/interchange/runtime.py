"""ONNX Runtime, on one thread of the CPU and without its telemetry.

Its official builds send events to their maker, and keep an identifier in the user's home, unless the environment says
otherwise before the library is loaded. Nothing of this project may load it by another way.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

SILENT = {"ORT_DISABLE_TELEMETRY": "1"}
QUIET = 4
"""Nothing but fatal errors is written to the log."""


def session(model: bytes | Path) -> Any:  # noqa: ANN401 - ONNX Runtime publishes no types
    """An InferenceSession over the bytes, or the file, of a model; ONNX Runtime's own errors if it does not load."""
    os.environ.update(SILENT)
    import onnxruntime  # noqa: PLC0415 - only now may it be loaded, and it is slow to

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
