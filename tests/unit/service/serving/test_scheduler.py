"""The scheduler: what shares a batch, what is refused, and what is never computed."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import DeadlineExceeded, InvalidRequest, Overloaded, ServiceError, Unavailable
from service.serving.scheduler import Batching, Scheduler
from service.serving.tickets import Computed
from tests.asking import FAR, Asked

PATIENCE = 60.0
SOON = 0.05
"""Seconds in which a thread that waits for nothing would long have begun."""


@dataclass
class Machine:
    """Computes when it is let, and remembers what."""

    poison: frozenset[str] = frozenset()
    batches: list[list[str]] = field(default_factory=list)
    told: list[list[str]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def compute(self, questions: Sequence[Asked]) -> list[str | ServiceError]:
        names = [question.name for question in questions]
        self.batches.append(names)
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        if self.poison & set(names):
            raise RuntimeError(f"poisoned: {names}")
        return [InvalidRequest(name) if name.startswith("refused") else name for name in names]

    def tell(self, questions: Sequence[Asked], ns: int) -> None:
        assert ns >= 0
        self.told.append([question.name for question in questions])


@contextmanager
def scheduling(machine: Machine, **batching: float) -> Iterator[Scheduler[Asked, str]]:
    scheduler: Scheduler[Asked, str] = Scheduler(Batching(**batching), machine.compute, machine.tell)  # type: ignore[arg-type]
    yield scheduler
    machine.gate.set()
    scheduler.close()


async def running(machine: Machine, scheduler: Scheduler[Asked, str]) -> "asyncio.Task[Computed[str]]":
    """A question that is being computed now, so that what is asked next has to wait."""
    first = asyncio.create_task(scheduler.ask(Asked("first")))
    await asyncio.to_thread(machine.begun.wait, PATIENCE)
    return first


async def waiting(
    scheduler: Scheduler[Asked, str], *asked: Asked, **options: float
) -> "list[asyncio.Task[Computed[str]]]":
    tasks = [asyncio.create_task(scheduler.ask(one, **options)) for one in asked]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    return tasks


def test_a_lone_question_is_computed_at_once() -> None:
    machine = Machine()
    machine.gate.set()
    with scheduling(machine) as scheduler:
        computed = asyncio.run(scheduler.ask(Asked("one", rows=3)))
    assert (computed.answer, computed.rows) == ("one", 3)
    assert machine.batches == machine.told == [["one"]]


def test_what_waits_while_a_batch_runs_is_gathered() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        rest = await waiting(scheduler, *(Asked(str(number)) for number in range(5)))
        machine.gate.set()
        answers = await asyncio.gather(first, *rest)
        assert [one.answer for one in answers] == ["first", *map(str, range(5))]
        assert [one.rows for one in answers] == [1, 5, 5, 5, 5, 5]

    machine = Machine()
    with scheduling(machine) as scheduler:
        asyncio.run(crowd())
    assert machine.batches == [["first"], list(map(str, range(5)))]


def test_rows_bound_a_batch_and_a_question_larger_than_it_goes_alone() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        sizes = {"a": 2, "b": 2, "c": 1, "huge": 9, "d": 4}
        rest = await waiting(scheduler, *(Asked(name, rows) for name, rows in sizes.items()))
        machine.gate.set()
        await asyncio.gather(first, *rest)

    machine = Machine()
    with scheduling(machine, rows=4) as scheduler:
        asyncio.run(crowd())
    assert machine.batches == [["first"], ["a", "b"], ["c"], ["huge"], ["d"]]


def test_only_one_key_is_in_a_batch() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        asked = [Asked(f"{key}{number}", key=key) for number in range(2) for key in ("x", "y")]
        rest = await waiting(scheduler, *asked)
        machine.gate.set()
        await asyncio.gather(first, *rest)

    machine = Machine()
    with scheduling(machine) as scheduler:
        asyncio.run(crowd())
    assert machine.batches == [["first"], ["x0", "x1"], ["y0", "y1"]]


def test_the_first_priority_goes_first_and_equals_go_in_their_order() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        rest = await waiting(scheduler, Asked("usual 1"), Asked("usual 2"), priority=5)
        rest += await waiting(scheduler, Asked("last"), priority=9)
        rest += await waiting(scheduler, Asked("urgent"), priority=1)
        machine.gate.set()
        await asyncio.gather(first, *rest)

    machine = Machine()
    with scheduling(machine, rows=1) as scheduler:
        asyncio.run(crowd())
    assert machine.batches == [["first"], ["urgent"], ["usual 1"], ["usual 2"], ["last"]]


def test_a_full_queue_refuses_at_once_and_a_place_that_was_left_is_free() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        (left, stays) = await waiting(scheduler, Asked("left"), Asked("stays"))
        with pytest.raises(Overloaded) as caught:
            await scheduler.ask(Asked("too much"))
        assert caught.value.retry_after == 1
        with pytest.raises(Overloaded):
            scheduler.require_room()
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        scheduler.require_room()
        (fits,) = await waiting(scheduler, Asked("fits"))
        machine.gate.set()
        await asyncio.gather(first, stays, fits)

    machine = Machine()
    with scheduling(machine, waiting=2) as scheduler:
        asyncio.run(crowd())
        assert not scheduler.waiting
    assert machine.batches == [["first"], ["stays", "fits"]]


def test_what_is_abandoned_or_late_is_never_computed() -> None:
    async def crowd() -> None:
        first = await running(machine, scheduler)
        now = asyncio.get_running_loop().time()
        (abandoned,) = await waiting(scheduler, Asked("abandoned"), deadline=now + FAR)
        for deadline in (now - 1, now + SOON):
            with pytest.raises(DeadlineExceeded):
                async with asyncio.timeout(PATIENCE):
                    await scheduler.ask(Asked("late"), deadline=deadline)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        (patient,) = await waiting(scheduler, Asked("patient"), deadline=now + FAR)
        machine.gate.set()
        await asyncio.gather(first, patient)

    machine = Machine()
    with scheduling(machine) as scheduler:
        asyncio.run(crowd())
    assert machine.batches == [["first"], ["patient"]]


def test_a_caller_that_leaves_while_it_is_computed_harms_nobody() -> None:
    async def leave() -> str:
        first = await running(machine, scheduler)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        machine.gate.set()
        return (await scheduler.ask(Asked("next"))).answer

    machine = Machine()
    with scheduling(machine) as scheduler:
        assert asyncio.run(leave()) == "next"


def test_poison_and_refusals_are_their_owners_only() -> None:
    async def crowd() -> list[object]:
        first = await running(machine, scheduler)
        asked = [Asked(name) for name in ("good", "poison", "refused", "fine")]
        rest = await waiting(scheduler, *asked)
        machine.gate.set()
        await first
        return list(await asyncio.gather(*rest, return_exceptions=True))

    machine = Machine(poison=frozenset({"poison"}))
    with scheduling(machine) as scheduler:
        good, poisoned, refused, fine = asyncio.run(crowd())
    assert isinstance(good, Computed)
    assert isinstance(fine, Computed)
    assert (good.answer, fine.answer) == ("good", "fine")
    assert isinstance(poisoned, RuntimeError)
    assert isinstance(refused, InvalidRequest)


def test_with_a_delay_a_question_waits_for_company_and_no_longer_than_that() -> None:
    async def pair() -> None:
        slow = asyncio.create_task(scheduler.ask(Asked("one")))
        await asyncio.sleep(0)
        assert not await asyncio.to_thread(machine.begun.wait, SOON)
        await asyncio.gather(slow, scheduler.ask(Asked("two")))

    machine = Machine()
    machine.gate.set()
    with scheduling(machine, delay=FAR, rows=2) as scheduler:
        asyncio.run(pair())
    assert machine.batches == [["one", "two"]]
    with scheduling(machine, delay=0.001, rows=2) as scheduler:
        assert asyncio.run(scheduler.ask(Asked("alone"))).answer == "alone"


def test_a_closed_scheduler_refuses_what_waits_and_what_comes() -> None:
    async def close() -> None:
        first = await running(machine, scheduler)
        (left,) = await waiting(scheduler, Asked("left"))
        scheduler.close()
        with pytest.raises(Unavailable):
            await left
        with pytest.raises(Unavailable):
            await scheduler.ask(Asked("new"))
        assert scheduler.busy
        machine.gate.set()
        assert (await first).answer == "first"

    machine = Machine()
    with scheduling(machine) as scheduler:
        asyncio.run(close())


@given(
    asked=st.lists(st.tuples(st.integers(1, 7), st.sampled_from("xyz"), st.integers(1, 9), st.booleans()), max_size=40),
    rows=st.integers(1, 8),
    threads=st.integers(1, 3),
)
def test_everyone_who_stays_is_answered_once_and_alone_or_among_equals(
    asked: list[tuple[int, str, int, bool]], rows: int, threads: int
) -> None:
    questions = [Asked(str(index), size, key) for index, (size, key, _, _) in enumerate(asked)]

    async def crowd() -> None:
        tasks = [
            asyncio.create_task(scheduler.ask(question, priority))
            for question, (_, _, priority, _) in zip(questions, asked, strict=True)
        ]
        await asyncio.sleep(0)
        for task, (*_, leaves) in zip(tasks, asked, strict=True):
            if leaves:
                task.cancel()
        machine.gate.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        for question, outcome, (*_, leaves) in zip(questions, found, asked, strict=True):
            assert leaves or (isinstance(outcome, Computed) and outcome.answer == question.name)

    machine = Machine()
    with scheduling(machine, rows=rows, threads=threads) as scheduler:
        asyncio.run(crowd())
        assert not scheduler.waiting
    computed = [name for batch in machine.batches for name in batch]
    assert len(computed) == len(set(computed))
    for batch in machine.batches:
        together = [questions[int(name)] for name in batch]
        assert len({one.key for one in together}) == 1
        assert len(batch) == 1 or sum(one.rows for one in together) <= rows
