"""Leftovers are swept, and nothing else."""

from datetime import UTC, datetime, timedelta

from service.adapters.clock import SystemClock
from service.jobs.sweeps import sweep
from tests.records import a_dataset
from tests.stores import Stores


class Tomorrow(SystemClock):
    """A clock a day ahead of the files."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=1)


def test_what_is_old_and_unused_is_swept(stores: Stores) -> None:
    stores.artifacts.put("checkpoints/left-over", b"x")
    assert sweep(stores.artifacts, stores.references, Tomorrow()) == ["checkpoints/left-over"]
    assert not list(stores.artifacts.list())


def test_what_a_row_refers_to_is_kept(stores: Stores) -> None:
    dataset = a_dataset(stores.clock)
    stores.datasets.add(dataset)
    stores.artifacts.put(dataset.artifact.key, b"x")
    assert sweep(stores.artifacts, stores.references, Tomorrow()) == []


def test_what_is_young_is_kept(stores: Stores) -> None:
    stores.artifacts.put("checkpoints/on-its-way", b"x")
    assert sweep(stores.artifacts, stores.references, SystemClock()) == []


def test_drafts_of_puts_that_were_cut_short_are_swept(stores: Stores) -> None:
    (stores.artifacts._incoming / "0123456789abcdef").write_bytes(b"half")
    assert len(sweep(stores.artifacts, stores.references, Tomorrow())) == 1
