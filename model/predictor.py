"""A predictor: a pipeline with the inference plans that its requests have needed so far.

Cases are grouped by length and run in chunks whose sizes are powers of two, so that a few plans serve every request. A
masked pipeline pads cases to the next of a few lengths instead, and tells the plan where each one ends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from model import plan as plans
from model.arrays import surely_finite
from model.cases import EvenCases, Intake
from model.data.batches import gather
from model.data.windows import means
from model.errors import InvalidSeries, ModelError
from model.geometry import Shape
from model.layers import sequence

if TYPE_CHECKING:
    from model.arrays import Array
    from model.cases import Cases
    from model.pipeline import Pipeline
    from model.plan import Plan

LARGEST_CHUNK = 64
CHUNK_VALUES = 1 << 23
"""Values that the widest layer of one chunk may hold: long series run in smaller chunks."""
PLAN_BYTES = 256 << 20
"""Memory that kept plans may take together; the one used last is always kept."""


class Predictor:
    """Answers for one thread at a time: its plans own the buffers that they compute in."""

    def __init__(self, pipeline: Pipeline, threads: int = 1) -> None:
        """Compile nothing before it is needed."""
        self.pipeline = pipeline
        self._threads = threads
        self._intake = Intake(pipeline)
        self._largest: dict[int, int] = {}
        self._plans: OrderedDict[tuple[int, int], Plan] = OrderedDict()
        self._bytes = 0

    @property
    def plans(self) -> frozenset[tuple[int, int]]:
        """Batch and length of each plan that was made."""
        return frozenset(self._plans)

    @property
    def nbytes(self) -> int:
        """Memory of the plans."""
        return self._bytes

    def warm(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Make plans for these batches and lengths, as far as the network takes them, and run each once."""
        for batch, length in wanted:
            with suppress(ModelError):
                plan = self._plan(batch, length)
                plan.inputs[...] = 0
                plan.forward()

    def predict(self, cases: Array | Sequence[Array]) -> dict[str, Array]:
        """Answers for cases (N, C, L) float32, or N arrays (C, L_i), with NaN where a value is missing.

        See `Pipeline.answers` for what comes back. InvalidSeries names the case that cannot be used.
        """
        return self.pipeline.answers(finite(self.run(self._intake.take(cases))))

    def outputs(self, values: Array, starts: Array, lengths: Array) -> Array:
        """Restored outputs (N, K) of stretches of flat values (T, C): rows starts[i] to starts[i] + lengths[i]."""
        return finite(self.run(self._intake.stretches(values, starts, lengths)))

    def run(self, cases: Cases | EvenCases) -> Array:
        """Restored outputs (N, K) of checked cases; what has overflowed is not finite, and for the caller to see.

        A case that is cut into windows has the mean of what they are answered with.
        """
        with np.errstate(all="ignore"):
            if isinstance(cases, EvenCases):
                return self._restored(self._run_even(cases.values))
            return means(self._restored(self._run_stretches(cases)), cases.counts)

    def _restored(self, outputs: Array) -> Array:
        if not surely_finite(outputs):
            outputs[~np.isfinite(outputs).all(axis=1)] = np.nan  # also where restoring would make it finite again
        return self.pipeline.restore(outputs)

    def _run_stretches(self, cases: Cases) -> Array:
        """(M, K) of the stretches, those of one plan together."""
        outputs = np.empty((len(cases.starts), self.pipeline.network.output_width), np.float32)
        for indices, length in self._chunks(cases):
            outputs[indices] = self._run(cases, indices, length)
        return outputs

    def _run_even(self, values: Array) -> Array:
        """(N, K) of (N, L, C), which are laid as they are."""
        outputs = np.empty((len(values), self.pipeline.network.output_width), np.float32)
        length = int(values.shape[1])
        size = self._largest_chunk(length)
        for start in range(0, len(values), size):
            chunk = values[start : start + size]
            plan, count = self._plan_for(len(chunk), length), len(chunk)
            plan.inputs[:count] = self.pipeline.preprocessing.apply_even(chunk, start)
            outputs[start : start + count] = self._forward(plan, count)
        return outputs

    def _chunks(self, cases: Cases) -> Iterator[tuple[Array, int]]:
        """Cases that share a plan: their indices, and the plan's length."""
        padded = cases.padded
        order = np.argsort(padded, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(padded[order])) + 1):
            length = int(padded[group[0]])
            size = self._largest_chunk(length)
            for start in range(0, len(group), size):
                yield group[start : start + size], length

    def _largest_chunk(self, length: int) -> int:
        if length not in self._largest:
            network = self.pipeline.network
            shapes = sequence.shapes(network.layers, Shape(network.channels, length))
            widest = max(shape.channels * (shape.length or 1) for shape in shapes)
            fitting = max(1, CHUNK_VALUES // widest)
            self._largest[length] = min(LARGEST_CHUNK, 1 << (fitting.bit_length() - 1))
        return self._largest[length]

    def _run(self, cases: Cases, indices: Array, length: int) -> Array:
        count, lengths = len(indices), cases.lengths
        plan = self._plan_for(count, length)
        gather(cases.values, cases.starts, lengths, indices, self.pipeline.preprocessing, plan.inputs[:count])
        return self._forward(plan, count, lengths[indices])

    def _forward(self, plan: Plan, count: int, lengths: Array | None = None) -> Array:
        """(n, K) of the plan's first cases, which end where the plan does unless lengths (n,) are given."""
        plan.inputs[count:] = 0
        if plan.lengths is not None:
            plan.lengths[:] = plan.inputs.shape[1]
            if lengths is not None:
                plan.lengths[:count] = lengths
        return plan.forward()[:count]

    def _plan_for(self, count: int, length: int) -> Plan:
        """A plan that so many cases fit into."""
        return self._plan(1 << (count - 1).bit_length(), length)

    def _plan(self, batch: int, length: int) -> Plan:
        plan = self._plans.pop((batch, length), None)
        if plan is None:
            plan = plans.compile(
                self.pipeline.network,
                batch=batch,
                length=length,
                masked=self.pipeline.masked,
                threads=self._threads,
            )
            self._bytes += plan.nbytes
        self._plans[batch, length] = plan
        while len(self._plans) > 1 and self._bytes > PLAN_BYTES:
            _, oldest = self._plans.popitem(last=False)
            self._bytes -= oldest.nbytes
            oldest.close()
        return plan


def finite(outputs: Array) -> Array:
    """The same outputs (N, K); InvalidSeries names the first case whose answer is not finite."""
    bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if bad.size:
        raise InvalidSeries(
            f"Case {bad[0]} holds values so far from those the model was trained on that its answer is not finite."
        )
    return outputs
