"""A running service with a trained model, and the real clients, each in a process of its own."""

from collections.abc import Iterator

import pytest

from service.ephemeral import Running, service
from tests import houses
from tests.interop.triton_clients import Triton, triton

QUICK = {"kind": "adam", "learning_rate": 0.05}
KEY = "a-very-secret-key"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("interop")
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        for seed in (0, 1):
            houses.train(house, "gestures", "gestures", training={"epochs": 20, "optimizer": QUICK, "seed": seed})
    with service(directory, directory / "service.log") as running:
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
