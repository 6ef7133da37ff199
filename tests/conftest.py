"""What every test shares: one BLAS thread, no telemetry, trainings that get their share of the processors, and
Hypothesis that repeats, and prints how to repeat.
"""

import os
from collections.abc import Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is first imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is
os.environ["WAVETAP_TRAINING_PRIORITY"] = "normal"  # the tests themselves leave a training no processor that is idle

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql import FAST, Server, server

settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("searching", settings.get_profile("repeatable"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server for the databases of many tests; it pays for no plug that nobody pulls."""
    with server(*FAST) as running:
        yield running
