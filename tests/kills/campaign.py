"""A campaign: many blows against one data directory, and the verdict."""

import math
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.adapters.clock import SystemClock
from tests.kills.blows import Assailant
from tests.kills.history import DATASET, History, unbroken
from tests.kills.power import Disk
from tests.kills.verdict import every_job, faults_at_the_end, faults_now
from tests.kills.victim import Victim
from tests.stores import Stores, stores_in

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What was done, what was seen, and what is wrong."""

    history: History
    faults: tuple[str, ...]
    jobs: int
    attempts: int
    blows: int


@cache
def _unbroken() -> tuple[bytes, list[dict[str, float]]]:
    return unbroken()


def campaign(
    phases: Sequence[str],
    seed: int = 0,
    source: Path = ROOT,
    until: float = math.inf,
    tell: Callable[[int, str], None] = lambda _number, _phase: None,
) -> Outcome:
    """Strike in the order of `phases`, to the first fault or a monotonic time; `source` is what is struck."""
    with tempfile.TemporaryDirectory(prefix="wavetap-kills-") as place:
        directory = Path(place)
        data = directory / "data"
        data.mkdir()
        with stores_in(data, SystemClock()) as stores:
            victim = Victim(directory, source, Disk(data / "artifacts", directory / "synced"))
            assailant = Assailant(victim, stores, History(), random.Random(seed))
            try:
                return _carried_out(assailant, stores, phases, until, tell)
            finally:
                victim.end()


def _carried_out(
    assailant: Assailant, stores: Stores, phases: Sequence[str], until: float, tell: Callable[[int, str], None]
) -> Outcome:
    history = assailant.history
    assailant.victim.start()
    assailant._send_dataset(DATASET, 0)
    struck, faults = 0, [*faults_now(stores, history)]
    while struck < len(phases) and not faults and time.monotonic() < until:
        assailant.strike(phases[struck])
        faults = [*assailant.faults, *faults_now(stores, history)]
        struck += 1
        tell(struck, phases[struck - 1])
    if not faults:
        assailant.settle_down()
        faults = [*assailant.faults, *faults_now(stores, history)]
        faults += faults_at_the_end(stores, history, *_unbroken())
    jobs = list(every_job(stores))
    return Outcome(history, tuple(faults), len(jobs), sum(job.attempt for job in jobs), struck)
