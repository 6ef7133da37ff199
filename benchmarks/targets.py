"""What the medians over shapes must reach, and how they stand."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.measurement import COMPILED, EAGER, RUNTIME, SGEMM, Measurement


@dataclass(frozen=True)
class Target:
    """A ratio of one section: `least` must be reached, `goal` should be; below it, unless `upwards`.

    batches: whether measurements of this batch size count.
    """

    work: str
    section: str
    against: str
    least: float
    goal: float
    upwards: bool = False
    batches: Callable[[int], bool] = lambda _: True

    def values(self, found: Sequence[Measurement]) -> list[float]:
        """The ratios that count, one a shape and number of threads."""
        return [one.ratios[self.against] for one in found if one.section == self.section and self.batches(one.batch)]

    def verdict(self, median: float) -> str:
        """A word on the median."""
        if self._reached(median, self.goal):
            return "goal reached"
        return "reached" if self._reached(median, self.least) else "short"

    def _reached(self, median: float, bound: float) -> bool:
        return median >= bound if self.upwards else median <= bound


TARGETS = (
    Target("conv1d, forward and both gradients, by PyTorch's time", "layers", EAGER, 0.80, 0.55),
    Target("training step, by PyTorch's time", "training", EAGER, 0.75, 0.50),
    Target("training step, by `torch.compile`'s time", "compiled", COMPILED, 0.95, 0.75),
    Target("inference of 8 and more, by ONNX Runtime's time", "inference", RUNTIME, 1.10, 0.90, batches=(1).__lt__),
    Target("inference of one, by ONNX Runtime's time", "inference", RUNTIME, 1.50, 1.00, batches=(1).__eq__),
    Target("FCN forward, as a share of the sgemm rate", "products", SGEMM, 0.75, 0.90, upwards=True),
    Target("peak memory of a training step, by PyTorch's", "memory", EAGER, 0.80, 0.50),
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
