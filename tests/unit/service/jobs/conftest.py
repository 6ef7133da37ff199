"""Supervisors for tests."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.jobs.supervisor import Supervisor
from tests.benches import Bench
from tests.fakes import FakeClock, FakeEngine
from tests.stores import Stores
from tests.supervisors import Hosts


@pytest.fixture(autouse=True)
def nobody_listens_to_the_collector() -> Iterator[None]:
    """What a signal raises is lost if it arrives in a callback of the collector's, and hypothesis leaves one there."""
    callbacks, gc.callbacks[:] = gc.callbacks[:], []
    yield
    gc.callbacks[:] = callbacks


@pytest.fixture
def hosts(stores: Stores, clock: FakeClock, tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(stores, clock, tmp_path / "supervisors")
    yield hosts
    hosts.close()


@pytest.fixture
def here(hosts: Hosts) -> tuple[Supervisor, FakeEngine]:
    return hosts.another()


@pytest.fixture
def supervisor(here: tuple[Supervisor, FakeEngine]) -> Supervisor:
    return here[0]


@pytest.fixture
def engine(here: tuple[Supervisor, FakeEngine]) -> FakeEngine:
    return here[1]


@pytest.fixture
def bench(stores: Stores) -> Bench:
    return Bench(stores)
