"""A running service with a trained model, and the real clients, each in a process of its own."""

from collections.abc import Iterator

import pytest

from service.ephemeral import Running, service
from tests.interop.served import served
from tests.interop.triton_clients import Triton, triton

KEY = "a-very-secret-key"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with served(tmp_path_factory.mktemp("interop")) as running:
        yield running


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("locked")
    with service(directory, directory / "service.log", {"WAVETAP_API_KEY": KEY}) as running:
        yield running


@pytest.fixture(scope="session")
def clients() -> Iterator[Triton]:
    with triton() as clients:
        yield clients
