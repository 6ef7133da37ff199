"""What an attempt is told from outside: to hand its job back after the epoch, or to end at once; or that time is up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")


HAND_BACK = signal.SIGTERM
STOP = signal.SIGUSR1

SHORTEST_ALARM = 0.001
"""A timer of no time at all would be none."""


class Stopped(Exception):
    """The job was cancelled while the attempt was computing."""


class TimeUp(Exception):
    """The time limit passed while the attempt was computing."""


class Interruption:
    """Wishes, set by signals; a stop, or the end of the time, breaks into computing and waits while writing."""

    def __init__(self) -> None:
        """Nothing is wished yet."""
        self.hand_back = False
        self.stop = False
        self._time_up = False
        self._breakable = False

    def listen(self) -> None:
        """Take the two signals as the two wishes; only the main thread may call this."""
        signal.signal(HAND_BACK, self._on_hand_back)
        signal.signal(STOP, self._on_stop)
        signal.signal(signal.SIGALRM, self._on_alarm)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the supervisor to act on

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Within, a stop raises Stopped, and the end of the time TimeUp, as soon as Python has a moment; or at once."""
        self._breakable = True
        try:
            if self.stop:
                raise Stopped
            if self._time_up:
                raise TimeUp
            yield
        finally:
            self._breakable = False

    @contextmanager
    def limited(self, seconds: float | None) -> Iterator[None]:
        """Within, the time is up after so many seconds; None never ends it. Only the main thread may call this."""
        if seconds is None:
            yield
            return
        signal.setitimer(signal.ITIMER_REAL, max(seconds, SHORTEST_ALARM))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._time_up = False

    def each(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items, each of them computed breakably."""
        while True:
            with self.breakable():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    def _on_hand_back(self, _number: int, _frame: FrameType | None) -> None:
        self.hand_back = True

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        self._time_up = True
        if self._breakable:
            raise TimeUp

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True
        if self._breakable:
            raise Stopped
