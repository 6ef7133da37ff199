"""The scheduler: gathers what waits while a batch is computed, and gives each caller its own rows.

Nothing waits for company unless a delay is set: a thread that is free takes what is there. So batches grow with the
load, and a lone request is as quick as without them. Only questions of one key share a batch.
"""

import asyncio
import heapq
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Protocol, TypeVar

from service.errors import DeadlineExceeded, Overloaded, ServiceError, Unavailable


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

FULL = "Too many predictions are waiting; try again in a second."
ENDING = "The service is shutting down."
AT_ONCE = 16
"""A question of so many rows is a batch worth computing, while the event loop reads the next ones."""

LATE = "The deadline passed before there was an answer."


@dataclass(frozen=True)
class Batching:
    """How many batches run side by side, rows are in one, seconds are waited for company, and questions may wait."""

    threads: int = 1
    rows: int = 64
    delay: float = 0.0
    waiting: int = 256


@dataclass(frozen=True)
class Computed(Generic[A]):
    """An answer, the nanoseconds it waited and was computed for, and the rows that were computed with it."""

    answer: A
    queue: int
    compute: int
    rows: int


@dataclass(eq=False)
class _Ticket(Generic[Q, A]):
    question: Q
    future: "asyncio.Future[Computed[A]]"
    loop: asyncio.AbstractEventLoop
    put: int = field(default_factory=time.perf_counter_ns)
    waiting: bool = True
    outcome: Computed[A] | BaseException | None = None


Queue = list[tuple[int, int, _Ticket[Q, A]]]
Compute = Callable[[Sequence[Q]], Sequence[A | ServiceError]]
Told = Callable[[Sequence[Q], int], None]


class Scheduler(Generic[Q, A]):
    """A bounded queue before a few threads; `compute` answers each of a batch's questions, or refuses it."""

    def __init__(self, batching: Batching, compute: Compute[Q, A], told: Told[Q]) -> None:
        """Start no thread yet; `told` hears of each batch and its nanoseconds."""
        self.batching = batching
        self._compute = compute
        self._told = told
        self._condition = threading.Condition()
        self._queues: dict[Hashable, Queue[Q, A]] = {}
        self._numbers = count()
        self._waiting = self._running = self._idle = 0
        self._roused = False
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def ask(self, question: Q, priority: int = 0, deadline: float | None = None) -> Computed[A]:
        """The answer; lower priorities go first, and `deadline` is of the event loop's clock.

        Overloaded at once when the queue is full. A caller that is cancelled, or whose deadline has passed, leaves the
        queue and is not computed.
        """
        loop = asyncio.get_running_loop()
        ticket = _Ticket[Q, A](question, loop.create_future(), loop)
        self._put(ticket, priority)
        if question.rows >= AT_ONCE:
            self._rouse()
        else:  # behind what the loop has yet to read, as that may go into the same batch
            loop.call_soon(self._rouse)
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
        if self._waiting >= self.batching.waiting:
            raise Overloaded(FULL, retry_after=1)

    @property
    def busy(self) -> bool:
        """Whether something waits or is computed."""
        return self._waiting + self._running > 0

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return self._waiting

    def close(self) -> None:
        """Refuse what waits and what comes; what is computed ends by itself."""
        with self._condition:
            self._closed = True
            left = [ticket for queue in self._queues.values() for _, _, ticket in queue if ticket.waiting]
            for ticket in left:
                ticket.waiting, ticket.outcome = False, Unavailable(ENDING, retry_after=1)
            self._queues.clear()
            self._waiting = 0
            self._condition.notify_all()
        _deliver(left)

    def _put(self, ticket: _Ticket[Q, A], priority: int) -> None:
        with self._condition:
            if self._closed:
                raise Unavailable(ENDING, retry_after=1)
            self.require_room()
            self._waiting += 1
            heapq.heappush(self._queues.setdefault(ticket.question.key, []), (priority, next(self._numbers), ticket))
            if len(self._threads) < self.batching.threads:
                self._threads.append(threading.Thread(target=self._work, name="wavetap-compute", daemon=True))
                self._threads[-1].start()

    def _rouse(self) -> None:
        with self._condition:
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

    def _leave(self, ticket: _Ticket[Q, A]) -> None:
        with self._condition:
            if ticket.waiting:
                ticket.waiting = False
                self._waiting -= 1

    def _work(self) -> None:
        """Compute batches until the scheduler is closed."""
        while batch := self._next():
            self._answer(batch)
            _deliver(batch)
            with self._condition:
                self._running -= 1

    def _next(self) -> "list[_Ticket[Q, A]]":
        """Wait for the next batch; empty when there will be none."""
        with self._condition:
            while not self._closed:
                self._drop_the_gone()
                if not self._queues:
                    self._rest()
                    continue
                key, queue = min(self._queues.items(), key=lambda entry: entry[1][0][:2])
                ripe = self._ripe(queue)
                if ripe > 0:
                    self._rest(ripe)
                    continue
                self._running += 1
                return self._gather(key, queue)
        return []

    def _drop_the_gone(self) -> None:
        """Forget at the head of each queue what nobody waits for any more."""
        for key, queue in list(self._queues.items()):
            while queue and not queue[0][2].waiting:
                heapq.heappop(queue)
            if not queue:
                del self._queues[key]

    def _ripe(self, queue: "Queue[Q, A]") -> float:
        """In how many seconds the queue is to be computed: at once without a delay, or with a full batch."""
        if not self.batching.delay:
            return 0.0
        there = [ticket for _, _, ticket in queue if ticket.waiting]
        if sum(ticket.question.rows for ticket in there) >= self.batching.rows:
            return 0.0
        oldest = min(ticket.put for ticket in there)
        return self.batching.delay - (time.perf_counter_ns() - oldest) / 1e9

    def _gather(self, key: Hashable, queue: "Queue[Q, A]") -> "list[_Ticket[Q, A]]":
        """Take the first, and those behind it that fit into one batch with it."""
        batch: list[_Ticket[Q, A]] = []
        rows = 0
        while queue and (not batch or rows + queue[0][2].question.rows <= self.batching.rows):
            ticket = heapq.heappop(queue)[2]
            if ticket.waiting:
                ticket.waiting = False
                self._waiting -= 1
                batch.append(ticket)
                rows += ticket.question.rows
        if not queue:
            del self._queues[key]
        self._rouse_one()
        return batch

    def _answer(self, batch: "list[_Ticket[Q, A]]") -> None:
        """Compute a batch; if that fails as a whole, each of it alone, so that a fault is its owner's only."""
        begun = time.perf_counter_ns()
        questions = [ticket.question for ticket in batch]
        try:
            outcomes: Sequence[A | BaseException] = self._compute(questions)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the askers' to hear of
            outcomes = [error] if len(batch) == 1 else [self._alone(question) for question in questions]
        compute = time.perf_counter_ns() - begun
        rows = sum(question.rows for question in questions)
        for ticket, outcome in zip(batch, outcomes, strict=True):
            failed = isinstance(outcome, BaseException)
            ticket.outcome = outcome if failed else Computed(outcome, begun - ticket.put, compute, rows)  # type: ignore[arg-type, assignment]  # mypy does not follow `failed`
        self._told(questions, compute)

    def _alone(self, question: Q) -> A | BaseException:
        try:
            return self._compute([question])[0]
        except BaseException as error:  # noqa: BLE001  # as above
            return error


def _deliver(batch: "Sequence[_Ticket[Q, A]]") -> None:
    """Wake the callers, with one call for each of their event loops."""
    for loop in {ticket.loop for ticket in batch}:
        mine = [ticket for ticket in batch if ticket.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, mine)


def _settle(tickets: "Sequence[_Ticket[Q, A]]") -> None:
    for ticket in tickets:
        if ticket.future.done():  # its caller went away while it was computed
            continue
        if isinstance(ticket.outcome, BaseException):
            ticket.future.set_exception(ticket.outcome)
        elif ticket.outcome is not None:
            ticket.future.set_result(ticket.outcome)
