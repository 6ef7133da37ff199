"""Counts and times of every version's predictions since the start, as the inference protocol tells them."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

SIZES_COUNTED = 1024
"""How many sizes of batches are told apart; larger batches are counted with those of this size."""


@dataclass(frozen=True)
class Timing:
    """One answer: its rows, and its nanoseconds from the request to the answer; computing is the whole batch's."""

    rows: int
    queue: int
    compute_input: int
    compute_infer: int
    compute_output: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.queue + self.compute_input + self.compute_infer + self.compute_output


@dataclass
class Duration:
    """How often something was done, and for how long altogether, in nanoseconds."""

    count: int = 0
    ns: int = 0

    def add(self, ns: int) -> None:
        """Count one more."""
        self.count += 1
        self.ns += ns


@dataclass
class VersionStatistics:
    """What one version has done."""

    last_inference: int = 0
    inference_count: int = 0
    execution_count: int = 0
    success: Duration = field(default_factory=Duration)
    fail: Duration = field(default_factory=Duration)
    queue: Duration = field(default_factory=Duration)
    compute_input: Duration = field(default_factory=Duration)
    compute_infer: Duration = field(default_factory=Duration)
    compute_output: Duration = field(default_factory=Duration)
    batches: dict[int, Duration] = field(default_factory=dict)


class Statistics:
    """Counters by model and version; safe to use from many threads."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._versions: dict[tuple[str, str], VersionStatistics] = {}

    def succeeded(self, model: str, version: str, timing: Timing) -> None:
        """Count an answer."""
        with self._lock:
            counters = self._versions.setdefault((model, version), VersionStatistics())
            counters.last_inference = time.time_ns() // 1_000_000
            counters.inference_count += timing.rows
            counters.success.add(timing.total)
            counters.queue.add(timing.queue)
            counters.compute_input.add(timing.compute_input)
            counters.compute_infer.add(timing.compute_infer)
            counters.compute_output.add(timing.compute_output)

    def computed(self, model: str, version: str, rows: int, ns: int) -> None:
        """Count a batch."""
        with self._lock:
            counters = self._versions.setdefault((model, version), VersionStatistics())
            counters.execution_count += 1
            counters.batches.setdefault(min(rows, SIZES_COUNTED), Duration()).add(ns)

    def failed(self, model: str, version: str, ns: int) -> None:
        """Count a refusal or a failure of a version that exists."""
        with self._lock:
            self._versions.setdefault((model, version), VersionStatistics()).fail.add(ns)

    def of(self, model: str, version: str) -> Mapping[str, object]:
        """The counters of a version as plain values, in the protocol's names; zeros if it was never asked."""
        with self._lock:
            counters = self._versions.get((model, version), VersionStatistics())
            return {
                "name": model,
                "version": version,
                "last_inference": counters.last_inference,
                "inference_count": counters.inference_count,
                "execution_count": counters.execution_count,
                "inference_stats": {
                    name: {"count": duration.count, "ns": duration.ns}
                    for name, duration in vars(counters).items()
                    if isinstance(duration, Duration)
                },
                "batch_stats": [
                    {"batch_size": rows, "compute_infer": {"count": duration.count, "ns": duration.ns}}
                    for rows, duration in sorted(counters.batches.items())
                ],
            }
