"""Where a batch is computed: on the event loop if it is known to be quick, on a thread if not."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from service.errors import ServiceError
from service.serving.scheduler import Batching, Scheduler
from tests.asking import FAR, Asked

OFTEN = 50
"""So often is asked: a thread that has just answered may take the next question before the loop looks."""


@dataclass
class Placed:
    """Remembers on which thread each batch was computed."""

    batches: list[tuple[bool, int]] = field(default_factory=list)
    """Whether it was on the event loop's thread, and how many questions there were."""

    def compute(self, questions: Sequence[Asked]) -> list[str | ServiceError]:
        self.batches.append((threading.current_thread() is threading.main_thread(), len(questions)))
        return [question.name for question in questions]


async def ask_at_once(scheduler: Scheduler[Asked, str], count: int, rows: int = 1) -> list[str]:
    asked = [scheduler.ask(Asked(str(number), rows)) for number in range(count)]
    return [computed.answer for computed in await asyncio.gather(*asked)]


def placed(quick: float, *counts: int, rows: int = 1, delay: float = 0.0) -> list[tuple[bool, int]]:
    """Where batches of so many questions that come at once are computed, one after another."""

    async def one_after_another() -> None:
        for count in counts:
            assert await ask_at_once(scheduler, count, rows) == [str(number) for number in range(count)]

    machine = Placed()
    batching = Batching(quick=quick, delay=delay)
    scheduler: Scheduler[Asked, str] = Scheduler(batching, machine.compute, lambda _questions, _ns: None)
    asyncio.run(one_after_another())
    scheduler.close()
    return machine.batches


def test_a_batch_known_to_be_quick_is_computed_on_the_event_loop_with_all_that_came_together() -> None:
    first, *others = placed(FAR, *[1] * OFTEN)
    assert first == (False, 1)
    assert (True, 1) in others
    assert (True, 5) in placed(FAR, *[5] * OFTEN)


def test_what_comes_one_turn_of_the_loop_later_is_still_company() -> None:
    async def trickle() -> None:
        for _ in range(OFTEN):
            early = asyncio.ensure_future(scheduler.ask(Asked("early")))
            await asyncio.sleep(0)
            late = asyncio.ensure_future(scheduler.ask(Asked("late")))
            await asyncio.gather(early, late)

    machine = Placed()
    scheduler: Scheduler[Asked, str] = Scheduler(Batching(quick=FAR), machine.compute, lambda _questions, _ns: None)
    asyncio.run(trickle())
    scheduler.close()
    assert (True, 2) in machine.batches


@pytest.mark.parametrize(
    ("quick", "counts", "options"),
    [(0.0, (1, 1, 1), {}), (FAR, (1, 1), {"rows": 16}), (FAR, (1, 1), {"delay": 0.001})],
)
def test_slow_large_and_delayed_batches_are_left_to_threads(
    quick: float, counts: tuple[int, ...], options: dict[str, Any]
) -> None:
    assert not any(on_loop for on_loop, _ in placed(quick, *counts, **options))
