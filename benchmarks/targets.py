"""What the medians over shapes must reach, and how they stand."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.measurement import COMPILED, EAGER, RUNTIME, SGEMM, Measurement


@dataclass(frozen=True)
class Target:
    """A ratio of one section: `least` must be reached, `goal` should be; below it, unless `upwards`.

    batches: whether measurements of this batch size count. why: what keeps the shapes back that stay behind it.
    """

    work: str
    section: str
    against: str
    least: float
    goal: float
    upwards: bool = False
    batches: Callable[[int], bool] = lambda _: True
    why: str = ""

    def counted(self, found: Sequence[Measurement]) -> list[Measurement]:
        """What counts, one a shape and number of threads."""
        return [one for one in found if one.section == self.section and self.batches(one.batch)]

    def values(self, found: Sequence[Measurement]) -> list[float]:
        """The ratios that count."""
        return [one.ratios[self.against] for one in self.counted(found)]

    def behind(self, found: Sequence[Measurement]) -> list[Measurement]:
        """The single shapes that do not reach what their median must, the worst first."""
        short = [one for one in self.counted(found) if not self._reached(one.ratios[self.against], self.least)]
        return sorted(short, key=lambda one: one.ratios[self.against], reverse=not self.upwards)

    def verdict(self, median: float) -> str:
        """A word on the median."""
        if self._reached(median, self.goal):
            return "goal reached"
        return "reached" if self._reached(median, self.least) else "short"

    def _reached(self, median: float, bound: float) -> bool:
        return median >= bound if self.upwards else median <= bound


MANY_SHORT = """Over few channels there is little to multiply: passes over memory, and what NumPy takes to begin each of
    them, decide. One case is one shard, so a second thread has nothing to do."""

TARGETS = (
    Target(
        "conv1d, forward and both gradients, by PyTorch's time",
        "layers",
        EAGER,
        0.80,
        0.55,
        why="""At a stride of two, tiles do not apply, and the gradient by the input multiplies zeros. Few channels over
        many steps are bound by memory, which both sides read once. With two threads each shard transforms the kernels
        for itself.""",
    ),
    Target(
        "training step, by PyTorch's time",
        "training",
        EAGER,
        0.75,
        0.50,
        why="""With two threads each shard transforms the kernels for itself, and waits for the other one at every
        normalization: what is fixed weighs most where a batch is small.""",
    ),
    Target("training step, by `torch.compile`'s time", "compiled", COMPILED, 0.95, 0.75),
    Target(
        "inference of 8 and more, by ONNX Runtime's time",
        "inference",
        RUNTIME,
        1.10,
        0.90,
        batches=(1).__lt__,
        why=MANY_SHORT,
    ),
    Target(
        "inference of one, by ONNX Runtime's time", "inference", RUNTIME, 1.50, 1.00, batches=(1).__eq__, why=MANY_SHORT
    ),
    Target("FCN forward, as a share of the sgemm rate", "products", SGEMM, 0.75, 0.90, upwards=True),
    Target(
        "peak memory of a training step, by PyTorch's",
        "memory",
        EAGER,
        0.80,
        0.50,
        why="""What is left are the inputs that each layer keeps for its gradient, and the gradients and values that
        live at the same time; less would mean to compute convolutions twice.""",
    ),
)


def rows(found: Sequence[Measurement], threads: Sequence[int]) -> list[list[str]]:
    """A row a target that was measured: the median for each number of threads, the range, the bounds, the verdict."""
    made = []
    for target in TARGETS:
        values = target.values(found)
        if not values:
            continue
        medians = [target.values([one for one in found if one.threads == count]) for count in threads]
        made.append(
            [
                target.work,
                *(f"**{statistics.median(each):.2f}**" if each else "" for each in medians),
                f"{min(values):.2f} to {max(values):.2f}",
                str(len(values)),
                f"{target.least:.2f}",
                f"{target.goal:.2f}",
                target.verdict(statistics.median(values)),
            ]
        )
    return made
