"""What is larger than a batch keeps nobody waiting."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from service.errors import Unavailable
from service.serving.scheduler import Batching
from service.serving.sides import Sides

PATIENCE = 60


@dataclass(eq=False)
class Asked:
    """A question of a size."""

    rows: int
    key: str = "model"


def test_a_small_question_is_answered_while_large_ones_are_computed_one_after_another() -> None:
    begun, gate = threading.Semaphore(0), threading.Event()
    batches: list[list[int]] = []

    def compute(questions: Sequence[Asked]) -> list[int]:
        rows = [question.rows for question in questions]
        batches.append(rows)
        begun.release()
        assert max(rows) <= 4 or gate.wait(PATIENCE)
        return rows

    async def crowd() -> None:
        large = [asyncio.create_task(sides.ask(Asked(rows))) for rows in (5, 6)]
        assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        assert (await sides.ask(Asked(4))).answer == 4
        assert (sides.busy, sides.waiting) == (True, 1)
        sides.require_room()
        gate.set()
        assert [one.answer for one in await asyncio.gather(*large)] == [5, 6]
        sides.close()
        with pytest.raises(Unavailable):
            await sides.ask(Asked(1))
        with pytest.raises(Unavailable):
            await sides.ask(Asked(9))

    sides: Sides[Asked, int] = Sides(Batching(threads=1, rows=4), compute, lambda _questions, _ns: None)
    asyncio.run(crowd())
    assert batches == [[5], [4], [6]]
