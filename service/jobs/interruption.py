"""What an attempt is told from outside: to hand its job back after the epoch, or to end at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")


HAND_BACK = signal.SIGTERM
STOP = signal.SIGUSR1


class Stopped(Exception):
    """The job was cancelled while the attempt was computing."""


class Interruption:
    """Two wishes, set by signals; a stop breaks into computing, and waits while something is being written."""

    def __init__(self) -> None:
        """Nothing is wished yet."""
        self.hand_back = False
        self.stop = False
        self._breakable = False

    def listen(self) -> None:
        """Take the two signals as the two wishes; only the main thread may call this."""
        signal.signal(HAND_BACK, self._on_hand_back)
        signal.signal(STOP, self._on_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the supervisor to act on

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Within, a stop raises Stopped as soon as Python has a moment; before, it is raised at once."""
        self._breakable = True
        try:
            if self.stop:
                raise Stopped
            yield
        finally:
            self._breakable = False

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

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True
        if self._breakable:
            raise Stopped
