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
from model.data.batches import gather
from model.data.endings import ends
from model.data.series import offsets_of
from model.errors import InvalidSeries, InvalidSpec, ModelError
from model.geometry import Shape
from model.layers import sequence

if TYPE_CHECKING:
    from model.arrays import Array
    from model.pipeline import Pipeline
    from model.plan import Plan

LARGEST_CHUNK = 64
CHUNK_VALUES = 1 << 23
"""Values that the widest layer of one chunk may hold: long series run in smaller chunks."""
PLAN_BYTES = 256 << 20
"""Memory that kept plans may take together; the one used last is always kept."""

_DENSE = 3
_CASE = 2
_FINEST = 8


class Predictor:
    """Answers for one thread at a time: its plans own the buffers that they compute in."""

    def __init__(self, pipeline: Pipeline, threads: int = 1) -> None:
        """Compile nothing before it is needed."""
        self.pipeline = pipeline
        self._threads = threads
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
        values, starts, lengths = self._flat(cases)
        return self.pipeline.answers(self.outputs(values, starts, lengths))

    def outputs(self, values: Array, starts: Array, lengths: Array) -> Array:
        """Restored outputs (N, K) of stretches of flat values (T, C): rows starts[i] to starts[i] + lengths[i]."""
        pipeline = self.pipeline
        if pipeline.masked:
            lengths = ends(values, starts, lengths)
        if pipeline.window is not None:
            self._require(lengths >= pipeline.window, lengths, f"at least {pipeline.window} steps")
            starts, lengths = starts + lengths - pipeline.window, np.full_like(lengths, pipeline.window)
        self._require_room(lengths)
        outputs = np.empty((len(starts), pipeline.network.output_width), np.float32)
        with np.errstate(all="ignore"):  # what overflows is refused below
            for indices, length in self._chunks(lengths):
                outputs[indices] = self._run(values, starts, lengths, indices, length)
        bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if bad.size:
            raise InvalidSeries(
                f"Case {bad[0]} holds values so far from those the model was trained on that its answer is not finite."
            )
        return pipeline.restore(outputs)

    def _flat(self, cases: Array | Sequence[Array]) -> tuple[Array, Array, Array]:
        channels = len(self.pipeline.channels)
        if isinstance(cases, np.ndarray) and cases.dtype != object:
            if cases.ndim != _DENSE or cases.shape[1] != channels or 0 in cases.shape:
                raise InvalidSeries(
                    f"The series have shape {cases.shape}; (cases, {channels} channels, steps) is needed."
                )
            count, _, length = cases.shape
            lengths = np.full(count, length, np.int64)
            values = np.ascontiguousarray(cases.transpose(0, 2, 1), np.float32).reshape(count * length, channels)
        else:
            arrays = [np.asarray(case, np.float32) for case in cases]
            for index, array in enumerate(arrays):
                if array.ndim != _CASE or array.shape[0] != channels or not array.size:
                    raise InvalidSeries(
                        f"Case {index} has shape {array.shape}; ({channels} channels, steps) is needed."
                    )
            if not arrays:
                raise InvalidSeries("There are no cases: at least one is needed.")
            lengths = np.array([array.shape[1] for array in arrays], np.int64)
            values = np.concatenate([array.T for array in arrays])
        starts = offsets_of(lengths)[:-1]
        self._require_no_infinity(values, starts)
        return values, starts, lengths

    def _require_no_infinity(self, values: Array, starts: Array) -> None:
        places = np.argwhere(np.isinf(values))
        if places.size:
            row, channel = places[0]
            case = int(np.searchsorted(starts, row, side="right")) - 1
            raise InvalidSeries(
                f"Case {case} holds {values[row, channel]} in channel {self.pipeline.channels[channel]!r} at step "
                f"{row - starts[case]}; values must be finite in float32, or missing."
            )

    def _require_room(self, lengths: Array) -> None:
        """Every case is long enough for the network's kernels: what fits the shortest fits all."""
        case = int(np.argmin(lengths))
        network = self.pipeline.network
        try:
            sequence.shapes(network.layers, Shape(network.channels, int(lengths[case])))
        except InvalidSpec as error:
            raise InvalidSeries(f"Case {case} has {lengths[case]} steps, too few: {error.message}") from error

    def _require(self, fits: Array, lengths: Array, wanted: str) -> None:
        if not fits.all():
            case = int(np.argmin(fits))
            raise InvalidSeries(f"Case {case} has {lengths[case]} steps; the model takes {wanted}.")

    def _chunks(self, lengths: Array) -> Iterator[tuple[Array, int]]:
        """Cases that share a plan: their indices, and the plan's length."""
        padded = self._padded(lengths)
        order = np.argsort(padded, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(padded[order])) + 1):
            length = int(padded[group[0]])
            size = self._largest_chunk(length)
            for start in range(0, len(group), size):
                yield group[start : start + size], length

    def _padded(self, lengths: Array) -> Array:
        """(N,) int64: the length of the plan that each case runs in."""
        fixed = self.pipeline.length
        if fixed is not None:
            fits = lengths <= fixed if self.pipeline.masked else lengths == fixed
            self._require(fits, lengths, f"{'at most' if self.pipeline.masked else 'exactly'} {fixed} steps")
            return np.full_like(lengths, fixed)
        if not self.pipeline.masked:
            return lengths
        grain = np.maximum(_FINEST, np.left_shift(1, np.log2(lengths).astype(np.int64)) // 4)
        padded: Array = -(-lengths // grain) * grain
        return padded

    def _largest_chunk(self, length: int) -> int:
        network = self.pipeline.network
        shapes = sequence.shapes(network.layers, Shape(network.channels, length))
        widest = max(shape.channels * (shape.length or 1) for shape in shapes)
        fitting = max(1, CHUNK_VALUES // widest)
        return min(LARGEST_CHUNK, 1 << (fitting.bit_length() - 1))

    def _run(self, values: Array, starts: Array, lengths: Array, indices: Array, length: int) -> Array:
        count = len(indices)
        plan = self._plan(1 << (count - 1).bit_length(), length)
        gather(values, starts, lengths, indices, self.pipeline.preprocessing, plan.inputs[:count])
        plan.inputs[count:] = 0
        if plan.lengths is not None:
            plan.lengths[:count] = lengths[indices]
            plan.lengths[count:] = length
        return plan.forward()[:count]

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
