"""What versions have done, as plain counters that add up: those of one process, or of all that serve together."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)  # not frozen: one is made for each request
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

    def include(self, other: "Duration") -> None:
        """Count what another has counted."""
        self.count += other.count
        self.ns += other.ns


@dataclass
class VersionCounters:
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

    def succeeded(self, timing: Timing, now_ms: int) -> None:
        """Count an answer; without a call for each number, as there are many."""
        self.last_inference = now_ms
        self.inference_count += timing.rows
        self.success.count += 1
        self.success.ns += timing.total
        self.queue.count += 1
        self.queue.ns += timing.queue
        self.compute_input.count += 1
        self.compute_input.ns += timing.compute_input
        self.compute_infer.count += 1
        self.compute_infer.ns += timing.compute_infer
        self.compute_output.count += 1
        self.compute_output.ns += timing.compute_output

    @property
    def durations(self) -> dict[str, Duration]:
        """The parts of answering, by the protocol's names."""
        return {name: each for name, each in vars(self).items() if isinstance(each, Duration)}

    def include(self, other: "VersionCounters") -> None:
        """Count what another has counted."""
        self.last_inference = max(self.last_inference, other.last_inference)
        self.inference_count += other.inference_count
        self.execution_count += other.execution_count
        for name, duration in other.durations.items():
            self.durations[name].include(duration)
        for rows, duration in other.batches.items():
            self.batches.setdefault(rows, Duration()).include(duration)


@dataclass
class Counters:
    """Every version's, by model and version."""

    versions: dict[tuple[str, str], VersionCounters] = field(default_factory=dict)

    def version(self, model: str, version: str) -> VersionCounters:
        """A version's, from nothing if it has none yet."""
        found = self.versions.get((model, version))
        if found is None:
            found = self.versions[model, version] = VersionCounters()
        return found

    def include(self, other: "Counters") -> None:
        """Count what another has counted."""
        for (model, version), counters in other.versions.items():
            self.version(model, version).include(counters)

    def of(self, model: str, version: str) -> Mapping[str, object]:
        """A version's as plain values, in the protocol's names; zeros if it was never asked."""
        counters = self.versions.get((model, version), VersionCounters())
        return {
            "name": model,
            "version": version,
            "last_inference": counters.last_inference,
            "inference_count": counters.inference_count,
            "execution_count": counters.execution_count,
            "inference_stats": {name: vars(duration) for name, duration in counters.durations.items()},
            "batch_stats": [
                {"batch_size": rows, "compute_infer": vars(duration)}
                for rows, duration in sorted(counters.batches.items())
            ],
        }
