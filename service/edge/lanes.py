"""Where blocking work runs: lanes of a few threads each, with a bounded queue before them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from service.errors import DeadlineExceeded, Overloaded, Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """A bounded number of threads and of waiting calls; whatever comes on top is refused at once."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        """Start no thread yet."""
        self._name = name
        self._places = threads + waiting
        self._lock = threading.Lock()
        self._taken = 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"wavetap-{name}")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it on a thread; a call whose caller went away before it began never runs. Overloaded when full."""
        self._take()
        try:
            # in the caller's context, so that log lines and spans tell of its request
            future = self._threads.submit(copy_context().run, partial(function, *args, **kwargs))
        except RuntimeError as error:
            self._give_back()
            raise Unavailable("The service is shutting down.", retry_after=1) from error
        future.add_done_callback(lambda _done: self._give_back())
        return await asyncio.wrap_future(future)

    async def run_within(self, seconds: float | None, function: Callable[[], T]) -> T:
        """Run it on a thread, and raise DeadlineExceeded when the caller's time is over first."""
        try:
            async with asyncio.timeout(seconds):
                return await self.run(function)
        except TimeoutError as error:
            raise DeadlineExceeded("The deadline passed before there was an answer.") from error

    @property
    def busy(self) -> bool:
        """Whether something runs or waits, for a caller or for nobody any more."""
        return self._taken > 0

    def close(self) -> None:
        """Drop what waits and let what runs end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _take(self) -> None:
        with self._lock:
            if self._taken >= self._places:
                message = f"Too many requests are waiting for {self._name}; try again in a second."
                raise Overloaded(message, retry_after=1)
            self._taken += 1

    def _give_back(self) -> None:
        with self._lock:
            self._taken -= 1


@dataclass(frozen=True)
class Lanes:
    """One lane for each kind of work, so that no kind can starve another."""

    storage: Lane
    """Rows and small files."""
    bulk: Lane
    """Files being parsed and models being judged: much memory each, so few at once."""
    inference: Lane
    """Predictions."""

    @property
    def busy(self) -> bool:
        """Whether any of them is."""
        return self.storage.busy or self.bulk.busy or self.inference.busy

    def close(self) -> None:
        """Close every lane."""
        for lane in (self.storage, self.bulk, self.inference):
            lane.close()


def lanes(inference_threads: int, inference_queue: int) -> Lanes:
    """The lanes of one service."""
    return Lanes(
        storage=Lane("storage", 8, 1024),
        bulk=Lane("bulk", 2, 32),
        inference=Lane("inference", inference_threads, inference_queue),
    )
