"""What waits to be computed: a queue for each key, in the order of priorities and, within one, of arrival."""

import heapq
from collections.abc import Hashable
from itertools import count
from typing import Generic

from service.serving.tickets import A, Q, Ticket

Entry = tuple[int, int, Ticket[Q, A]]


class Queues(Generic[Q, A]):
    """Tickets that wait; whoever shares them between threads locks."""

    def __init__(self) -> None:
        """Begin with none."""
        self._queues: dict[Hashable, list[Entry[Q, A]]] = {}
        self._numbers = count()
        self.waiting = 0

    def __bool__(self) -> bool:
        """Whether there is a queue; those in it may all have left."""
        return bool(self._queues)

    def put(self, ticket: Ticket[Q, A], priority: int) -> None:
        """Line up; lower priorities go first."""
        self.waiting += 1
        heapq.heappush(self._queues.setdefault(ticket.question.key, []), (priority, next(self._numbers), ticket))

    def leave(self, ticket: Ticket[Q, A]) -> None:
        """Wait no longer; the ticket is dropped when its turn comes."""
        if ticket.waiting:
            ticket.waiting = False
            self.waiting -= 1

    def first(self) -> Hashable | None:
        """The key whose first question goes before all others; None if nobody waits."""
        for key, queue in list(self._queues.items()):
            while queue and not queue[0][2].waiting:
                heapq.heappop(queue)
            if not queue:
                del self._queues[key]
        if len(self._queues) > 1:
            return min(self._queues, key=lambda key: self._queues[key][0][:2])
        return next(iter(self._queues), None)

    def rows(self, key: Hashable) -> int:
        """How many rows wait with a key."""
        return sum(ticket.question.rows for _, _, ticket in self._queues[key] if ticket.waiting)

    def oldest(self, key: Hashable) -> int:
        """When the first of them came, in nanoseconds."""
        return min(ticket.put for _, _, ticket in self._queues[key] if ticket.waiting)

    def gather(self, key: Hashable, rows: int) -> list[Ticket[Q, A]]:
        """Take the first of a key, and those behind it that fit into so many rows with it."""
        queue = self._queues[key]
        batch: list[Ticket[Q, A]] = []
        taken = 0
        while queue and (not batch or taken + queue[0][2].question.rows <= rows):
            ticket = heapq.heappop(queue)[2]
            if ticket.waiting:
                self.leave(ticket)
                batch.append(ticket)
                taken += ticket.question.rows
        if not queue:
            del self._queues[key]
        return batch

    def clear(self) -> list[Ticket[Q, A]]:
        """Let all go, and tell who waited."""
        left = [ticket for queue in self._queues.values() for _, _, ticket in queue if ticket.waiting]
        for ticket in left:
            self.leave(ticket)
        self._queues.clear()
        return left
