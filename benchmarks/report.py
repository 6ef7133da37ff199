"""Measurements as text: a line while running, a summary beside the targets, and the document with every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from benchmarks import targets
from benchmarks.measurement import OURS, Measurement

INTRODUCTION = """
    Written by `make bench`, which measures all of this in one run. Contenders take turns in every round; a ratio is
    the median over rounds of our time by theirs in the same round, and a figure of the first table is the median
    over shapes. Below one, Wavetap is quicker, or smaller. With two threads, Wavetap runs two shards of a batch
    with one BLAS thread each; PyTorch and ONNX Runtime run two threads of their own. The same numbers as data:
    [results.json](../benchmarks/results.json).
"""

SECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "layers": (
            "Single layers",
            """One convolution, forward and the gradients by its input, kernel and bias, beside PyTorch eager;
            milliseconds. The gradients of both sides are compared before anything is timed.""",
        ),
        "training": (
            "Training steps",
            """Forward, loss, backward and Adam, beside PyTorch eager; milliseconds. Both sides begin with the same
            parameters, and the losses of the first two steps are compared before anything is timed.""",
        ),
        "compiled": (
            "Training steps, against torch.compile",
            """Milliseconds; `torch.compile` in its default mode, and the fused Adam. A few shapes only, because
            compiling each takes the seconds of the last column, which no ratio counts.""",
        ),
        "inference": (
            "Inference",
            """Of a batch given as (batch, channels, length); milliseconds. ONNX Runtime runs the graph that
            Wavetap's own exporter writes for the same network, with all its optimizations; PyTorch is eager, in
            inference mode.""",
        ),
        "products": (
            "Share of the machine's matrix products",
            """The FCN's forward pass, counted as a direct convolution, as a fraction of the rate of a 1024 x 1024
            float32 product by NumPy's BLAS in the same rounds. Tiles save multiplications, so the share can
            exceed one.""",
        ),
        "memory": (
            "Peak memory",
            """Megabytes by which the resident set grows, at its peak, when a network, its optimizer and three
            training steps come to a process that has imported everything, holds the data, and has trained on a
            tiny series. A process for each framework.""",
        ),
    }
)


def line(one: Measurement) -> str:
    """A measurement while it comes in."""
    unit = "MB" if one.section == "memory" else "ms"
    values = ", ".join(f"{name} {_number(value)} {unit}" for name, value in one.values.items())
    ratios = ", ".join(f"{ratio:.2f}" for ratio in one.ratios.values())
    return f"{one.network}, {one.shape}: {values}" + (f"; ratio {ratios}" if ratios else "")


def summary(found: Sequence[Measurement]) -> str:
    """The medians beside the targets."""
    threads = sorted({one.threads for one in found})
    columns = [_threads(count) for count in threads]
    return _table(["", *columns, "range", "shapes", "at least", "goal", ""], targets.rows(found, threads))


def document(found: Sequence[Measurement], described: Mapping[str, str]) -> str:
    """The page that a full run writes."""
    machine = _table(["machine", ""], [[key, value] for key, value in described.items()])
    parts = ["# Benchmarks", _prose(INTRODUCTION), summary(found), machine, *_shortfalls(found)]
    for section, (title, told) in SECTIONS.items():
        chosen = [one for one in found if one.section == section]
        if chosen:
            parts += [f"## {title}", _prose(told), _comparison(chosen)]
    profiles = [one for one in found if one.section == "profile"]
    if profiles:
        parts += ["## Where the time of a training step goes", *map(_profile, profiles)]
    return "\n\n".join(parts) + "\n"


def _shortfalls(found: Sequence[Measurement]) -> list[str]:
    """Each single shape that stays behind what the median over shapes must reach, and why."""
    parts = []
    for target in targets.TARGETS:
        behind = target.behind(found)
        rows = [
            [one.network, one.shape, _threads(one.threads), f"**{one.ratios[target.against]:.2f}**"] for one in behind
        ]
        if rows:
            told = f"{target.work}, at least {target.least:.2f}: {len(rows)} of {len(target.counted(found))}."
            parts += [f"{told} {_prose(target.why)}".strip(), _table(["network", "shape", "threads", "ratio"], rows)]
    return ["## Shapes that fall short", *parts] if parts else []


def _comparison(chosen: Sequence[Measurement]) -> str:
    """A table for each number of threads: a row a shape, a column a contender, a ratio or a note."""
    parts = []
    for count in sorted({one.threads for one in chosen}):
        of_count = [one for one in chosen if one.threads == count]
        first = of_count[0]
        head = ["network", "shape", *first.values, *(f"by {rival}" for rival in first.ratios), *first.notes]
        rows = [
            [
                one.network,
                one.shape,
                *map(_number, one.values.values()),
                *(f"**{ratio:.2f}**" for ratio in one.ratios.values()),
                *map(_number, one.notes.values()),
            ]
            for one in of_count
        ]
        parts += [f"With {_threads(count)}:", _table(head, rows)]
    return "\n\n".join(parts)


def _profile(one: Measurement) -> str:
    """The operations that take more than a hundredth of a step."""
    total = one.values[OURS]
    rows = [
        [name, f"{value:.2f}", f"{100 * value / total:.0f} %"]
        for name, value in one.notes.items()
        if value >= total / 100
    ]
    return f"{one.network}, {one.shape}, one thread:\n\n" + _table(["operation", "ms", "share"], rows)


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count > 1)}"


def _number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004 - from here on .3g has an exponent


def _prose(text: str) -> str:
    return " ".join(text.split())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))
