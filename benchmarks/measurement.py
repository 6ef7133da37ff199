"""Side by side: every contender has its turn in every round, and what is compared is the turns of one round.

A machine's speed drifts by the second, with its temperature and with what else it runs. Rounds are a few milliseconds
to a few seconds long, so that both sides of a ratio meet the same machine; the median over rounds drops the rest.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

OURS = "wavetap"
EAGER = "pytorch"
COMPILED = "torch.compile"
RUNTIME = "onnxruntime"
SGEMM = "sgemm"

Run = Callable[[], object]

TURN = 0.02
"""Seconds of a turn; a run that is shorter is repeated, behind one that warms the caches."""
LEAST_ROUNDS, MOST_ROUNDS = 3, 25


@dataclass(frozen=True)
class Measurement:
    """One line of a table: `values` by contender (milliseconds, or megabytes), `ratios` of ours to each other's."""

    section: str
    network: str
    shape: str
    threads: int
    values: Mapping[str, float]
    ratios: Mapping[str, float]
    rounds: int
    batch: int = 0
    notes: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Measurement:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Timing:
    """Medians over rounds: milliseconds by contender, and of the first one's share of each other's, round by round."""

    milliseconds: dict[str, float]
    ratios: dict[str, float]
    rounds: int

    def measurement(
        self,
        section: str,
        network: str,
        shape: str,
        threads: int,
        batch: int,
        notes: Mapping[str, float] = MappingProxyType({}),
    ) -> Measurement:
        """A line of a table."""
        return Measurement(
            section, network, shape, threads, self.milliseconds, self.ratios, self.rounds, batch, dict(notes)
        )


def side_by_side(runs: Mapping[str, Run], seconds: float) -> Timing:
    """Rounds of turns for about `seconds`, each round beginning with another contender; all runs were called before."""
    names = list(runs)
    repeats = {name: _repeats(run) for name, run in runs.items()}
    turns: dict[str, list[float]] = {name: [] for name in names}
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < LEAST_ROUNDS or (time.perf_counter() < end and rounds < MOST_ROUNDS):
        first = rounds % len(names)
        for name in names[first:] + names[:first]:
            turns[name].append(_turn(runs[name], repeats[name]))
        rounds += 1
    ours = names[0]
    return Timing(
        {name: 1e3 * statistics.median(values) for name, values in turns.items()},
        {
            name: statistics.median(a / b for a, b in zip(turns[ours], turns[name], strict=True))
            for name in names
            if name != ours
        },
        rounds,
    )


def _repeats(run: Run) -> int:
    """Runs that fill a turn."""
    seconds = _elapsed(run)
    if seconds < TURN:
        seconds = min(seconds, _elapsed(run))
    return max(1, min(1000, round(TURN / max(seconds, 1e-6))))


def _turn(run: Run, repeats: int) -> float:
    """Seconds of the median run of a turn."""
    if repeats > 1:
        run()
    return statistics.median(_elapsed(run) for _ in range(repeats))


def _elapsed(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


Measurements = Iterator[Measurement]
