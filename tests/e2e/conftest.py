"""A service of one's own for a module's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.ephemeral import Running, service

DATA = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("service")
    with service(directory / "data", directory / "service.log") as running:
        yield running


@pytest.fixture(scope="session")
def gunpoint() -> Path:
    return DATA / "GunPoint"
