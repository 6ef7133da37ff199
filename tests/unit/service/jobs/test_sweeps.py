"""Leftovers are swept, and nothing else."""

from datetime import UTC, datetime, timedelta

from service.adapters.clock import SystemClock
from service.jobs.sweeps import Disposal, sweep
from tests.fakes import FakeClock
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


def test_what_was_discarded_goes_once_nobody_can_be_about_to_open_it(stores: Stores) -> None:
    clock = FakeClock()
    dataset, _ = stores.datasets.add(a_dataset(clock))
    stores.artifacts.put(dataset.artifact.key, b"x")
    stores.datasets.remove(dataset.id)
    disposal = Disposal(stores.artifacts, stores.discarded, clock, seconds=60)
    assert disposal.look() == 0
    clock.turn(59)
    clock.jump(86_400)
    assert disposal.look() == 0, "a clock that is set takes nobody's file away"
    assert sweep(stores.artifacts, stores.references, Tomorrow()) == [], "nor does the sweep, however old the file is"
    clock.turn(1)
    assert (disposal.look(), disposal.look()) == (1, 0)
    assert (list(stores.artifacts.list()), stores.discarded.keys()) == ([], frozenset())


def test_a_disposal_that_was_cut_short_is_done_again(stores: Stores) -> None:
    clock = FakeClock()
    dataset, _ = stores.datasets.add(a_dataset(clock))
    stores.datasets.remove(dataset.id)
    assert Disposal(stores.artifacts, stores.discarded, clock, seconds=0).look() == 1, "the file was gone already"
    assert stores.discarded.keys() == frozenset()


def test_what_other_rows_refer_to_is_not_discarded(stores: Stores) -> None:
    clock = FakeClock()
    first, _ = stores.datasets.add(a_dataset(clock))
    second, _ = stores.datasets.add(a_dataset(clock, name="again"))
    stores.artifacts.put(first.artifact.key, b"x")
    stores.datasets.remove(first.id)
    assert Disposal(stores.artifacts, stores.discarded, clock, seconds=0).look() == 0
    assert [found.key for found in stores.artifacts.list()] == [second.artifact.key]
