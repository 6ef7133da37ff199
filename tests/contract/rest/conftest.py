"""The HTTP application over real stores, called in this process, with a model of each task published."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bootstrap import House
from service.domain.datasets import Reading
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Shared and grown by the tests: each makes its own names."""
    with houses.house_in(tmp_path_factory.mktemp("house")) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.add_dataset(house, "loads", houses.regression_file())
        houses.add_dataset(house, "curve", houses.forecasting_file(), Reading(format="csv", time="time"))
        houses.train(house, "gestures", "gestures")
        houses.train(house, "loads", "loads")
        houses.train(house, "curve", "curve")
        yield house


@pytest.fixture(scope="session")
def client(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as client:
        yield client


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A service that has nothing, for tests that leave nothing behind."""
    with houses.house_in(tmp_path_factory.mktemp("empty")) as house, calling(application(house.edge)) as caller:
        yield caller


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Caller]:
    """A service of the test's own."""
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as caller:
        yield caller
