"""Chores are done in their rhythm, and none keeps the others from theirs."""

from service.errors import Unavailable
from service.jobs.housekeeping import Chore, Housekeeping
from service.telemetry.logs import logger
from tests.fakes import FakeClock


def counting(done: list[str], name: str, every: float) -> Chore:
    return Chore(name, every, lambda: done.append(name) or 0)


def failing(error: Exception) -> Chore:
    def fail() -> int:
        raise error

    return Chore("failing", 1.0, fail)


def test_each_chore_has_its_own_rhythm() -> None:
    clock, done = FakeClock(), list[str]()
    house = Housekeeping([counting(done, "often", 60), counting(done, "seldom", 150)], clock, logger())
    assert house.tick() == 60
    assert done == ["often", "seldom"]
    for _ in range(3):
        clock.turn(60)
        house.tick()
    assert done == ["often", "seldom", "often", "often", "often", "seldom"]
    clock.turn(30)
    assert house.tick() == 30


def test_a_chore_that_fails_does_not_keep_the_others_from_theirs() -> None:
    clock, done = FakeClock(), list[str]()
    for error in (Unavailable("The database is busy."), ValueError("A fault of ours.")):
        house = Housekeeping([failing(error), counting(done, "other", 1)], clock, logger())
        house.tick()
        clock.turn(1)
        house.tick()
    assert done == ["other"] * 4


def test_nothing_is_begun_after_the_end() -> None:
    done = list[str]()
    house = Housekeeping([counting(done, "chore", 1)], FakeClock(), logger())
    house.stop()
    house.tick()
    assert done == []
