"""The scheduler: gathers what waits while a batch is computed, and gives each caller its own rows.

Nothing waits for company unless a delay is set: a thread that is free takes what is there. So batches grow with the
load, and a lone request is as quick as without them. Only questions of one key share a batch.

A batch that is known to be quick is computed on the event loop itself: to hand it to a thread and to take the answer
back costs the loop more than a small network does, as both need the interpreter's lock.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic

from service.errors import DeadlineExceeded, Overloaded, ServiceError, Unavailable
from service.serving.paces import Paces
from service.serving.queues import Queues
from service.serving.tickets import A, Computed, Q, Ticket, deliver

FULL = "Too many predictions are waiting; try again in a second."
ENDING = "The service is shutting down."
AT_ONCE = 16
"""So many rows are a batch worth computing on a thread, while the event loop reads the next ones."""

LATE = "The deadline passed before there was an answer."


@dataclass(frozen=True)
class Batching:
    """How many batches run side by side, rows are in one, seconds are waited for company, and questions may wait.

    quick: of how many seconds a batch may hold up the event loop; with 0, none does
    """

    threads: int = 1
    rows: int = 64
    delay: float = 0.0
    waiting: int = 256
    quick: float = 0.0


Compute = Callable[[Sequence[Q]], Sequence[A | ServiceError]]
Told = Callable[[Sequence[Q], int], None]


class Scheduler(Generic[Q, A]):
    """A bounded queue before a few threads; `compute` answers each of a batch's questions, or refuses it."""

    def __init__(self, batching: Batching, compute: Compute[Q, A], told: Told[Q]) -> None:
        """Start no thread yet; `told` hears of each batch and its nanoseconds."""
        self.batching = batching
        self._compute = compute
        self._told = told
        self._lock = threading.Lock()  # taken by itself: a condition hands its own on by two calls more
        self._condition = threading.Condition(self._lock)
        self._queues: Queues[Q, A] = Queues()
        self._running = self._idle = 0
        self._paces = Paces()
        self._roused = False
        self._looking: asyncio.AbstractEventLoop | None = None
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def ask(self, question: Q, priority: int = 0, deadline: float | None = None) -> Computed[A]:
        """The answer; lower priorities go first, and `deadline` is of the event loop's clock.

        Overloaded at once when the queue is full. A caller that is cancelled, or whose deadline has passed, leaves the
        queue and is not computed.
        """
        loop = asyncio.get_running_loop()
        ticket: Ticket[Q, A] = Ticket(question, loop.create_future(), loop)
        self._put(ticket, priority)
        if question.rows >= AT_ONCE:
            self._rouse()
        else:  # behind what the loop has yet to read, as that may go into the same batch
            self._look_soon(loop)
        try:
            if deadline is None:
                return await ticket.future
            async with asyncio.timeout_at(deadline):
                return await ticket.future
        except TimeoutError as error:
            raise DeadlineExceeded(LATE) from error
        finally:
            if ticket.waiting:
                self._leave(ticket)

    def require_room(self) -> None:
        """Overloaded if a question would be refused now: to be asked before a body is even parsed."""
        if self._queues.waiting >= self.batching.waiting:
            raise Overloaded(FULL, retry_after=1)

    @property
    def busy(self) -> bool:
        """Whether something waits or is computed."""
        return self._queues.waiting + self._running > 0

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return self._queues.waiting

    def close(self) -> None:
        """Refuse what waits and what comes; what is computed ends by itself."""
        with self._lock:
            self._closed = True
            left = self._queues.clear()
            for ticket in left:
                ticket.outcome = Unavailable(ENDING, retry_after=1)
            self._condition.notify_all()
        deliver(left)

    def _put(self, ticket: Ticket[Q, A], priority: int) -> None:
        with self._lock:
            if self._closed:
                raise Unavailable(ENDING, retry_after=1)
            self.require_room()
            self._queues.put(ticket, priority)
            if len(self._threads) < self.batching.threads:
                self._threads.append(threading.Thread(target=self._work, name="wavetap-compute", daemon=True))
                self._threads[-1].start()

    def _look_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._looking is not loop:
            self._looking = loop
            loop.call_soon(self._look, loop, 0)

    def _look(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Compute on the event loop what waits, if that is known to be quick; leave it to a thread if not.

        As long as each turn of the loop brings more than was seen in the last one, there is company to be had for
        nothing: a turn takes microseconds.
        """
        waiting = self._queues.waiting
        if seen < waiting < AT_ONCE:
            loop.call_soon(self._look, loop, waiting)
            return
        self._looking = None
        if not self._queues:
            return
        with self._lock:
            batch = self._quick_batch()
            if batch is None:
                self._rouse_one()
                return
        self._answer(batch)
        deliver(batch, loop)
        with self._lock:
            self._running -= 1
        if self._queues:
            self._look_soon(loop)

    def _quick_batch(self) -> list[Ticket[Q, A]] | None:
        """The next batch, if it is small and as quick as those of its kind before; None if there is no such one."""
        key = None if self.batching.delay else self._queues.first()
        if key is None:
            return None
        rows = self._queues.rows(key)
        if rows >= AT_ONCE or self._paces.expected(key, min(rows, self.batching.rows)) > self.batching.quick:
            return None
        return self._gather(key)

    def _rouse(self) -> None:
        with self._lock:
            self._rouse_one()

    def _rouse_one(self) -> None:
        """Wake a thread if one rests and something waits; but no second one before the first has had its look."""
        if self._queues and self._idle and not self._roused:
            self._roused = True
            self._condition.notify()

    def _rest(self, seconds: float | None = None) -> None:
        """Wait to be woken, at most so long."""
        self._idle += 1
        self._condition.wait(seconds)
        self._idle -= 1
        self._roused = False

    def _leave(self, ticket: Ticket[Q, A]) -> None:
        with self._lock:
            self._queues.leave(ticket)

    def _work(self) -> None:
        """Compute batches until the scheduler is closed."""
        while batch := self._next():
            self._answer(batch)
            deliver(batch)
            with self._lock:
                self._running -= 1

    def _next(self) -> list[Ticket[Q, A]]:
        """Wait for the next batch; empty when there will be none."""
        with self._lock:
            while not self._closed:
                key = self._queues.first()
                if key is None:
                    self._rest()
                    continue
                ripe = self._ripe(key)
                if ripe > 0:
                    self._rest(ripe)
                    continue
                return self._gather(key)
        return []

    def _ripe(self, key: Hashable) -> float:
        """In how many seconds the queue is to be computed: at once without a delay, or with a full batch."""
        if not self.batching.delay or self._queues.rows(key) >= self.batching.rows:
            return 0.0
        return self.batching.delay - (time.perf_counter_ns() - self._queues.oldest(key)) / 1e9

    def _gather(self, key: Hashable) -> list[Ticket[Q, A]]:
        """Take the next batch, and have somebody look at what is left."""
        batch = self._queues.gather(key, self.batching.rows)
        self._running += 1
        self._rouse_one()
        return batch

    def _answer(self, batch: list[Ticket[Q, A]]) -> None:
        """Compute a batch; if that fails as a whole, each of it alone, so that a fault is its owner's only."""
        begun = time.perf_counter_ns()
        questions = [ticket.question for ticket in batch]
        try:
            outcomes: Sequence[A | BaseException] = self._compute(questions)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the askers' to hear of
            outcomes = [error] if len(batch) == 1 else [self._alone(question) for question in questions]
        compute = time.perf_counter_ns() - begun
        rows = sum(question.rows for question in questions)
        self._paces.note(questions[0].key, rows, compute / 1e9)
        for ticket, outcome in zip(batch, outcomes, strict=True):
            failed = isinstance(outcome, BaseException)
            ticket.outcome = outcome if failed else Computed(outcome, begun - ticket.put, compute, rows)  # type: ignore[arg-type, assignment]  # mypy does not follow `failed`
        self._told(questions, compute)

    def _alone(self, question: Q) -> A | BaseException:
        try:
            return self._compute([question])[0]
        except BaseException as error:  # noqa: BLE001  # as above
            return error
