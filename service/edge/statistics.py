"""Counts and times of every version's predictions since the start, as the inference protocol tells them."""

import threading
import time

from service.edge.counters import Counters, Duration, Timing
from service.edge.shared_counters import SharedCounters

SIZES_COUNTED = 1024
"""How many sizes of batches are told apart; larger batches are counted with those of this size."""


class Statistics:
    """Counters by model and version; safe to use from many threads."""

    def __init__(self, shared: SharedCounters | None = None) -> None:
        """Begin with nothing; `shared` are those of the processes that serve together with this one."""
        self._lock = threading.Lock()
        self._counters = Counters()
        self._shared = shared

    def succeeded(self, model: str, version: str, timing: Timing) -> None:
        """Count an answer."""
        with self._lock:
            self._counters.version(model, version).succeeded(timing, time.time_ns() // 1_000_000)

    def computed(self, model: str, version: str, rows: int, ns: int) -> None:
        """Count a batch."""
        with self._lock:
            counters = self._counters.version(model, version)
            counters.execution_count += 1
            counters.batches.setdefault(min(rows, SIZES_COUNTED), Duration()).add(ns)

    def failed(self, model: str, version: str, ns: int) -> None:
        """Count a refusal or a failure of a version that exists."""
        with self._lock:
            self._counters.version(model, version).fail.add(ns)

    def own(self) -> Counters:
        """What this process has counted, as it stands now."""
        found = Counters()
        with self._lock:
            found.include(self._counters)
        return found

    def whole(self) -> Counters:
        """What all processes have counted that serve together."""
        found = self.own()
        for other in self._shared.others() if self._shared else ():
            found.include(other)
        return found

    def tell(self) -> int:
        """Let the other processes know; a chore, of which nothing is to be said."""
        if self._shared:
            self._shared.tell(self.own())
        return 0
