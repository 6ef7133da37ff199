"""What every test shares: one BLAS thread, no telemetry, trainings that get their share of the processors, and
Hypothesis that repeats, and prints how to repeat.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is first imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is
os.environ["WAVETAP_TRAINING_PRIORITY"] = "normal"  # the tests themselves leave a training no processor that is idle

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("searching", settings.get_profile("repeatable"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
