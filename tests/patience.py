"""Waiting for what another thread or process does: until it is there, however busy the machine is."""

import time
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = 60.0


def eventually(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait for the condition, and answer what it gave."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    pytest.fail(f"{what} did not come within {patience} s")
