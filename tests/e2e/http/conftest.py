"""The service as its users have it: a process of its own, reached over HTTP."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.ephemeral import Running, service

PATIENCE = 60.0
LOG = "service.log"


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("http")


@pytest.fixture(scope="session")
def running(directory: Path) -> Iterator[Running]:
    """Shared by tests that leave it as it was, but for names of their own."""
    with service(directory, directory / LOG) as running:
        yield running


@pytest.fixture(scope="session")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.rest, timeout=PATIENCE) as http:
        yield http


def eventually(look: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait for something that another process does, and answer it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"{what} did not come within {patience} s")
