"""Lanes bound what runs and what waits, and drop what nobody waits for."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from service.edge.lanes import Lane
from service.errors import DeadlineExceeded, NotFound, Overloaded, Unavailable


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane("tests", threads=1, waiting=1)
    yield lane
    lane.close()


def test_a_call_runs_on_a_thread_of_the_lane(lane: Lane) -> None:
    assert asyncio.run(lane.run(lambda: threading.current_thread().name)).startswith("wavetap-tests")


def test_an_error_comes_back_as_it_was_raised(lane: Lane) -> None:
    def fail() -> None:
        raise NotFound("nothing")

    with pytest.raises(NotFound, match="nothing"):
        asyncio.run(lane.run(fail))


def test_what_comes_on_top_is_refused_at_once_and_told_when_to_come_again(lane: Lane) -> None:
    release = threading.Event()

    async def crowd() -> None:
        running, waiting = (asyncio.create_task(lane.run(release.wait)) for _ in range(2))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as raised:
            await lane.run(release.wait)
        assert raised.value.retry_after == 1
        release.set()
        await asyncio.gather(running, waiting)
        assert await lane.run(lambda: "a place again") == "a place again"

    asyncio.run(crowd())


def test_a_call_whose_caller_went_away_never_runs_and_gives_its_place_back(lane: Lane) -> None:
    release, ran = threading.Event(), []

    async def leave() -> None:
        running = asyncio.create_task(lane.run(release.wait))
        abandoned = asyncio.create_task(lane.run(ran.append, "abandoned"))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        waiting = asyncio.create_task(lane.run(ran.append, "waiting"))
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(running, waiting)

    asyncio.run(leave())
    assert ran == ["waiting"]


def test_a_deadline_ends_the_waiting_but_what_runs_keeps_the_lane_busy(lane: Lane) -> None:
    release = threading.Event()
    with pytest.raises(DeadlineExceeded):
        asyncio.run(lane.run_within(0.01, release.wait))
    assert lane.busy
    release.set()
    asyncio.run(lane.run(lambda: None))
    assert not lane.busy


def test_a_closed_lane_is_unavailable(lane: Lane) -> None:
    lane.close()
    with pytest.raises(Unavailable):
        asyncio.run(lane.run(lambda: None))
