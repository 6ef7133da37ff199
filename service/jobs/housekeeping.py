"""What a running service tidies up now and then: each chore in its own rhythm, on one thread of its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.errors import ServiceError
from service.ports import Clock, Log


@dataclass(frozen=True)
class Chore:
    """Something to be done every so many seconds; `do` answers how much there was to do."""

    name: str
    every: float
    do: Callable[[], int]


class Housekeeping:
    """Does chores from the start of a service to its end; one that fails is tried again in its next turn."""

    def __init__(self, chores: Sequence[Chore], clock: Clock, log: Log) -> None:
        """Nothing is done before `tick` or `start`."""
        self._due = dict.fromkeys(chores, float("-inf"))
        self._clock = clock
        self._log = log
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin on a thread that the process need not wait for: every chore may be cut short."""
        threading.Thread(target=self._run, name="wavetap-housekeeping", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._ended.set()

    def tick(self) -> float:
        """Do what is due, and answer in how many seconds something will be."""
        for chore, due in self._due.items():
            now = self._clock.monotonic()
            if due <= now and not self._ended.is_set():
                self._due[chore] = now + chore.every
                self._do(chore)
        return max(0.0, min(self._due.values(), default=0.0) - self._clock.monotonic())

    def _do(self, chore: Chore) -> None:
        try:
            count = chore.do()
        except ServiceError as error:
            self._log.warning("chore_failed", chore=chore.name, reason=error.message)
        except Exception:  # noqa: BLE001 - a chore that fails must not take the others with it
            self._log.exception("chore_failed", chore=chore.name)
        else:
            if count:
                self._log.info("chore_done", chore=chore.name, count=count)

    def _run(self) -> None:
        while not self._ended.wait(self.tick()):
            pass
