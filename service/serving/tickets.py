"""A question that waits or is computed, and the caller that waits for its answer."""

import asyncio
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Batchable(Protocol):
    """What the scheduler must know of a question."""

    @property
    def rows(self) -> int:
        """How much of a batch it takes."""
        ...

    @property
    def key(self) -> Hashable:
        """What it shares with those it may be computed together with."""
        ...


Q = TypeVar("Q", bound=Batchable)
A = TypeVar("A")


@dataclass(slots=True)  # not frozen: one is made for each request
class Computed(Generic[A]):
    """An answer, the nanoseconds it waited and was computed for, and the rows that were computed with it."""

    answer: A
    queue: int
    compute: int
    rows: int


@dataclass(eq=False, slots=True)  # not frozen: one is made for each request
class Ticket(Generic[Q, A]):
    """One question of one caller; `waiting` until it is taken into a batch, or given up."""

    question: Q
    future: "asyncio.Future[Computed[A]]"
    loop: asyncio.AbstractEventLoop
    put: int = field(default_factory=time.perf_counter_ns)
    waiting: bool = True
    outcome: Computed[A] | BaseException | None = None


def deliver(batch: Sequence[Ticket[Q, A]], here: asyncio.AbstractEventLoop | None = None) -> None:
    """Wake the callers, with one call for each of their event loops, and none for the loop that this runs on."""
    for loop in {ticket.loop for ticket in batch}:
        mine = [ticket for ticket in batch if ticket.loop is loop]
        if loop is here:
            _settle(mine)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_settle, mine)


def _settle(tickets: Sequence[Ticket[Q, A]]) -> None:
    for ticket in tickets:
        if ticket.future.done():  # its caller went away while it was computed
            continue
        if isinstance(ticket.outcome, BaseException):
            ticket.future.set_exception(ticket.outcome)
        elif ticket.outcome is not None:
            ticket.future.set_result(ticket.outcome)
