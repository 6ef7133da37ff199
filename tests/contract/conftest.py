"""Stores over each database and the local disk, and a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.stores import Stores, stores_in

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the newest schema, or a place for one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wavetap.db"
    return str(request.getfixturevalue("postgresql").database())


@pytest.fixture
def stores(tmp_path: Path, clock: FakeClock, url: str) -> Iterator[Stores]:
    with stores_in(tmp_path, clock, url) as stores:
        yield stores
