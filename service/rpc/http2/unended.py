"""Requests that are not whole, or whole and not taken, over all connections of a server: what they may hold together.

A peer may begin many calls, send half of a large message in each, and say nothing more. Each by itself is within its
limits. When all of them hold too much, the call that has had nothing new for the longest time gives way: who is on the
way to send the rest goes on.
"""

from service.rpc.codes import StatusCode
from service.rpc.http2.call import Call
from service.rpc.http2.messages import Refused


class Unended:
    """Counts what calls hold, and refuses the one that waits longest while it is more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        """Hold nothing; the limit must have room for a message of the largest size, and what is read ahead."""
        self._limit = limit
        self._held: dict[Call, int] = {}
        self._total = 0

    def hold(self, call: Call) -> None:
        """Count a call anew: it has had something, or something of it was taken."""
        size = call.messages.held
        self._total += size - self._held.pop(call, 0)
        if size:
            self._held[call] = size
        while self._total > self._limit:
            self._give_way(next(iter(self._held)))

    def release(self, call: Call) -> None:
        """Count a call no more: its request is whole, or it has ended."""
        self._total -= self._held.pop(call, 0)

    def _give_way(self, call: Call) -> None:
        self.release(call)
        call.refuse(
            Refused(
                StatusCode.RESOURCE_EXHAUSTED,
                "Too many requests that are not whole are held here, and this one waits longest for its rest.",
            )
        )
        call.messages.drop()
