"""From the start of a process to its first answer, and what it keeps in memory when it has nothing to do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks.serving.rounds import BODIES
from benchmarks.serving.servers import Server
from benchmarks.serving.work import MODEL

READY = "/v2/health/ready"
INFER = f"/v2/models/{MODEL}/infer"
IDLE_SECONDS = 1.0


@dataclass(frozen=True)
class Start:
    """Seconds to the first word that it is ready and to a first prediction; megabytes when ready, and behind that."""

    ready: float
    predicted: float
    idle: float
    used: float


def starts(start: Callable[[], AbstractContextManager[Server]], times: int) -> Start:
    """The medians over several starts."""
    found = [_started(start) for _ in range(times)]
    return Start(*(_median(found, name) for name in ("ready", "predicted", "idle", "used")))


def _started(start: Callable[[], AbstractContextManager[Server]]) -> Start:
    with start() as server:
        ready = server.first_answer(READY)
        time.sleep(IDLE_SECONDS)
        idle = server.megabytes
    with start() as server:
        predicted = server.first_answer(INFER, BODIES["json-1"])
        time.sleep(IDLE_SECONDS)
        return Start(ready, predicted, idle, server.megabytes)


def _median(found: Sequence[Start], name: str) -> float:
    return statistics.median(getattr(one, name) for one in found)
