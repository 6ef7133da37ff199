"""What was found beside what was wanted: as lines, as the page of a run, and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.serving.beside_training import Beside
from benchmarks.serving.load import Load
from benchmarks.serving.rounds import OURS, THEIRS, Comparison
from benchmarks.serving.start import Start

INTRODUCTION = """
    Written by `make bench-serving`, which measures all of this in one run: Wavetap and MLServer 1.7.1 with ONNX Runtime
    inside serve the same network from one export, on the same machine. The network: three convolutions (6 channels of
    100 steps; 32 kernels of 7, 64 of 5, 32 of 3), global average, 4 classes. Eight connections ask as fast as they are
    answered: over HTTP `wrk`, over gRPC one Python client, the same for both. The servers take turns within every
    round, and a ratio is the median over rounds of the two turns of one round. Before anything is timed their answers
    are compared. The same numbers as data: [results.json](../benchmarks/serving/results.json).
"""
LIMITS = """
    One Python process does little more than one core can: threads that compute and the event loop that reads share the
    interpreter's lock. Of one case as JSON the network is a fifth; reading, checking, logging and counting are the
    rest. Of 32 cases it is about half, and the text of the numbers most of what is left. More processes
    (`--workers`) use the other cores, at the price of the memory of each. MLServer runs as one process as well
    (`parallel_workers: 0`), whichever of ours it is compared with.
"""
SIDES = {
    "requests a second": lambda load: load.rate,
    "p50, ms": lambda load: load.p50,
    "p99, ms": lambda load: load.p99,
}


@dataclass(frozen=True)
class Found:
    """Everything that a run has measured."""

    machine: Mapping[str, str]
    comparisons: Sequence[Comparison]
    with_workers: Sequence[Comparison]
    """The same with a process of ours for each core."""
    mixed: Load
    mixed_by_grpc: Load
    beside: Beside
    ours: Start
    theirs: Start
    difference: float


@dataclass(frozen=True)
class Row:
    """A target: what was found, what must be reached, and what should be; at most that, unless `upwards`."""

    work: str
    found: float
    least: float
    goal: float
    upwards: bool = True

    @property
    def verdict(self) -> str:
        """A word on it."""
        if self._reached(self.goal):
            return "goal reached"
        return "reached" if self._reached(self.least) else "short"

    def _reached(self, bound: float) -> bool:
        return self.found >= bound if self.upwards else self.found <= bound


def load_rows(comparisons: Sequence[Comparison]) -> list[Row]:
    """What is wanted of the answers to a load."""
    one, many, binary, grpc = comparisons
    return [
        Row("V2 JSON, one case: requests a second, by MLServer's", one.rate, 2.5, 4.0),
        Row("V2 JSON, one case: p99, by MLServer's", one.p99, 0.5, 0.25, upwards=False),
        Row("V2 JSON, 32 cases: requests a second, by MLServer's", many.rate, 1.8, 3.0),
        Row("V2 binary, 32 cases: requests a second, by MLServer's in JSON", binary.rate, 2.5, 4.0),
        Row("gRPC raw, one case: requests a second, by MLServer's", grpc.rate, 1.5, 3.0),
    ]


def rows(found: Found) -> list[Row]:
    """Every target, of one process as it is by default."""
    return [
        *load_rows(found.comparisons),
        Row("p99 beside a training, by p99 alone", found.beside.p99, 2.0, 1.5, upwards=False),
        Row("errors in the mixed load and in every turn", _errors(found), 0, 0, upwards=False),
        Row("seconds from the start to the first prediction", found.ours.predicted, 2.0, 1.0, upwards=False),
        Row("megabytes when idle", found.ours.idle, 150, 100, upwards=False),
    ]


def summary(found: Found) -> str:
    """The targets, of one process and of a process for each core."""
    workers = {row.work: row for row in load_rows(found.with_workers)}
    cells = [
        [row.work, *_judged(row), *_judged(workers.get(row.work)), _number(row.least), _number(row.goal)]
        for row in rows(found)
    ]
    many = f"`--workers {found.machine['cores']}`"
    return _table(["", "one process", "", many, "", "at least", "goal"], cells)


def _judged(row: Row | None) -> tuple[str, str]:
    return ("", "") if row is None else (f"**{_number(row.found)}**", row.verdict)


def document(found: Found) -> str:
    """The page."""
    parts = [
        "# Benchmarks of serving",
        _prose(INTRODUCTION),
        summary(found),
        _table(["machine", ""], [[key, value] for key, value in found.machine.items()]),
        "## Load",
        "### One process, as it is by default",
        _loads(found.comparisons),
        f"### `--workers {found.machine['cores']}`",
        _loads(found.with_workers),
        f"The largest difference of the answers was {found.difference:.1e}.",
        "## What limits it",
        _prose(LIMITS),
        "## A mixed load",
        _mixed(found),
        "## Beside a training",
        *_beside(found.beside),
        "## Start and memory",
        *_starts(found),
    ]
    return "\n\n".join(parts) + "\n"


def _loads(comparisons: Sequence[Comparison]) -> str:
    head = ["work", *(f"Wavetap: {name}" for name in SIDES), *(f"MLServer: {name}" for name in SIDES), "ratio"]
    lines = [[one.work, *_sides(one, OURS), *_sides(one, THEIRS), f"**{one.rate:.2f}**"] for one in comparisons]
    return _table(head, lines)


def _mixed(found: Found) -> str:
    return _prose(f"""
        One case, five and 32, flat and nested, JSON and binary, for {found.mixed.seconds:.0f} s, and the gRPC client at
        the same time: {_told(found.mixed)} over HTTP; {_told(found.mixed_by_grpc)} over gRPC.
    """)


def _beside(beside: Beside) -> tuple[str, str]:
    lines = [
        [str(number), *map(_number, (alone.rate, alone.p99, busy.rate, busy.p99)), str(epochs)]
        for number, ((alone, busy), epochs) in enumerate(zip(beside.turns, beside.epochs, strict=True), start=1)
    ]
    told = _prose(f"""
        V2 JSON, one case, while nothing trains and while a job trains an FCN on the same machine. The p99 is
        **{beside.p99:.2f}** times as long, and {beside.rate:.0%} of the requests a second are left.
    """)
    return told, _table(["round", "alone, 1/s", "p99, ms", "beside, 1/s", "p99, ms", "epochs meanwhile"], lines)


def _starts(found: Found) -> tuple[str, str]:
    lines = [
        [name, _number(start.ready), _number(start.predicted), _number(start.idle), _number(start.used)]
        for name, start in (("Wavetap", found.ours), ("MLServer", found.theirs))
    ]
    told = _prose("""
        From the start of the process to the first 200 of `/v2/health/ready`, and, in a start of its own, to the first
        prediction; resident memory a second later.
    """)
    return told, _table(["", "ready, s", "first prediction, s", "idle, MB", "after a prediction, MB"], lines)


def data(found: Found) -> dict[str, Any]:
    """The same for programs, with the ratios."""
    return {
        "targets": [asdict(row) | {"verdict": row.verdict} for row in rows(found)],
        "ratios": _ratios(found.comparisons),
        "ratios_with_workers": _ratios(found.with_workers),
    } | asdict(found)


def _ratios(comparisons: Sequence[Comparison]) -> dict[str, dict[str, float]]:
    return {comparison.work: {"rate": comparison.rate, "p99": comparison.p99} for comparison in comparisons}


def _errors(found: Found) -> int:
    turns = sum(comparison.errors for comparison in [*found.comparisons, *found.with_workers])
    return turns + found.mixed.errors + found.mixed_by_grpc.errors


def _sides(comparison: Comparison, side: int) -> list[str]:
    return [_number(comparison.median(side, measure)) for measure in SIDES.values()]


def _told(load: Load) -> str:
    return f"{load.requests} requests, {load.errors} errors, p99 {_number(load.p99)} ms"


def _prose(text: str) -> str:
    return " ".join(text.split())


def _number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004 - from here on .3g has an exponent


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *lines))
