"""Two sides of the scheduler, so that those who ask little do not wait for those who ask much."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic

from service.errors import ServiceError
from service.serving.scheduler import Batching, Scheduler
from service.serving.tickets import A, Computed, Q


class Sides(Generic[Q, A]):
    """Questions that fit into a batch share the threads; those that do not have one of their own, with a queue."""

    def __init__(
        self,
        batching: Batching,
        compute: Callable[[Sequence[Q]], Sequence[A | ServiceError]],
        told: Callable[[Sequence[Q], int], None],
    ) -> None:
        """Take what a scheduler takes; the queues are equally long."""
        self.batching = batching
        self._small: Scheduler[Q, A] = Scheduler(batching, compute, told)
        self._large: Scheduler[Q, A] = Scheduler(replace(batching, threads=1), compute, told)

    def ask(self, question: Q, priority: int = 0, deadline: float | None = None) -> Awaitable[Computed[A]]:
        """The answer, as `Scheduler.ask` has it."""
        side = self._large if question.rows > self.batching.rows else self._small
        return side.ask(question, priority, deadline)

    def require_room(self) -> None:
        """Overloaded if a question of ordinary size would be refused now."""
        self._small.require_room()

    @property
    def busy(self) -> bool:
        """Whether something waits or is computed."""
        return self._small.busy or self._large.busy

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return self._small.waiting + self._large.waiting

    def close(self) -> None:
        """Refuse what waits and what comes."""
        self._small.close()
        self._large.close()
