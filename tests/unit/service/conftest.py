"""Stores over SQLite and the local disk, and a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.stores import Stores, stores_in


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stores(tmp_path: Path, clock: FakeClock) -> Iterator[Stores]:
    with stores_in(tmp_path, clock) as stores:
        yield stores
