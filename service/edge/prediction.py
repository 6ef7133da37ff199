"""One prediction from a request's bytes to an answer's, over any protocol: decoded, batched, encoded, counted.

Small requests are decoded and encoded on the event loop, as a thread would cost more than it spares; larger ones on a
thread. Where the network runs, there or on a thread of its own, is the scheduler's to decide.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from service.domain.inference import InferResult, Tensor
from service.domain.models import ModelVersion
from service.edge.counters import Timing
from service.edge.datatypes import refusal
from service.edge.lanes import Lane
from service.edge.statistics import Statistics
from service.errors import DeadlineExceeded, ServiceError
from service.serving.scheduler import LATE
from service.serving.sides import Sides
from service.serving.tickets import Computed
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces
from service.usecases.inference import Inference, Question

Call = TypeVar("Call")
Answer = TypeVar("Answer")

MATRIX = 2

LARGEST_BATCH = 65_536
"""How many cases one request of the inference protocol may hold."""

LIGHT_BYTES = 256 << 10
"""A request up to this size is decoded on the event loop, in a millisecond at most: the parser holds the interpreter's
lock, so that on a thread it would hold the loop up as long, and the way there and back comes on top."""
LIGHT_ELEMENTS = 8192
"""Likewise answers of so many elements."""

PRIORITY_LEVELS = 9
USUAL_PRIORITY = 5
"""Of a request that says none, or 0; 1 goes first, and what is beyond the last level counts as the last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An output that was asked for: as binary data or not, or as its `classes` most likely classes."""

    name: str
    binary: bool | None = None
    classes: int = 0


@dataclass(eq=False, slots=True)  # not frozen: over gRPC one is made for each request
class InferOptions:
    """What a request says besides its tensors, never changed; `binary` holds for outputs that do not say themselves.

    names: of the outputs that are wanted; None if all are
    """

    outputs: tuple[Wanted, ...] = ()
    id: str = ""
    binary: bool = False
    timeout_seconds: float | None = None
    priority: int | None = None
    names: tuple[str, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        """Look once: what clients say again and again is remembered."""
        self.names = tuple([output.name for output in self.outputs]) or None


@dataclass(eq=False, slots=True)  # not frozen: one is made for each request
class InferCall:
    """A request of the inference protocol."""

    tensors: Mapping[str, Tensor]
    options: InferOptions = field(default_factory=InferOptions)


@dataclass(slots=True)  # not frozen: one is made for each request
class Addressed:
    """The version that is asked, when the request arrived, and how long its caller waits from then on."""

    model: str
    version: str | None
    seconds: float | None = None
    arrived: int = field(default_factory=time.perf_counter_ns)


PLAIN = InferOptions()
"""Of requests that are not of the protocol."""


class Prediction:
    """The one way of every request through the data plane."""

    def __init__(
        self,
        inference: Inference,
        scheduler: Sides[Question, InferResult],
        lane: Lane,
        statistics: Statistics,
        metrics: Metrics,
        traces: Traces,
    ) -> None:
        """Take the use case, the scheduler, the threads for large requests, and whoever counts."""
        self._inference = inference
        self._scheduler = scheduler
        self._lane = lane
        self._statistics = statistics
        self._metrics = metrics
        self._traces = traces

    def infer(
        self,
        to: Addressed,
        size: int | None,
        decode: Callable[[], InferCall],
        encode: Callable[[InferCall, InferResult], Answer],
    ) -> Awaitable[Answer]:
        """Answer a request of the inference protocol; `size` is its bytes, or None if it must be read on a thread."""

        def ask(known: ModelVersion | None) -> tuple[InferCall, Question, InferOptions]:
            call = decode()
            for tensor in call.tensors.values():
                if len(tensor) > LARGEST_BATCH:
                    raise refusal("/inputs/0/shape", f"A batch has at most {LARGEST_BATCH} cases.")
            question = self._inference.question(to.model, to.version, call.tensors, call.options.names, known)
            return call, question, call.options

        return self._answered(to, size, ask, encode)

    def predict(
        self,
        to: Addressed,
        size: int | None,
        decode: Callable[[], Sequence[Any]],
        encode: Callable[[InferResult], Answer],
    ) -> Awaitable[Answer]:
        """Answer a request for plain predictions of cases."""

        def ask(known: ModelVersion | None) -> tuple[None, Question, InferOptions]:
            return None, self._inference.question_of_cases(to.model, to.version, decode(), known), PLAIN

        return self._answered(to, size, ask, lambda _none, result: encode(result))

    async def _answered(
        self,
        to: Addressed,
        size: int | None,
        ask: Callable[[ModelVersion | None], tuple[Call, Question, InferOptions]],
        encode: Callable[[Call, InferResult], Answer],
    ) -> Answer:
        """Decode, compute, encode, within a span; count each part, and the failure of any."""
        with self._traces.part("inference", model=to.model) as span:
            begun = time.perf_counter_ns()
            light = size is not None and size <= LIGHT_BYTES
            try:
                self._scheduler.require_room()
                known = self._inference.at_hand(to.model, to.version, to.arrived) if light else None
                if known is None:
                    call, question, options = await self._lane.run_within(_left(to.seconds, to), partial(ask, None))
                else:
                    call, question, options = ask(known)
                decoded = time.perf_counter_ns()
                computed = await self._computed(to, question, options)
                result = computed.answer
                encoding = time.perf_counter_ns()
                small = light and sum([output.size for output in result.outputs.values()]) <= LIGHT_ELEMENTS
                answer = encode(call, result) if small else await self._lane.run(encode, call, result)
            except ServiceError:
                await self._count_failure(to)
                raise
            timing = Timing(
                rows=question.rows,
                queue=computed.queue,
                compute_input=decoded - begun,
                compute_infer=computed.compute,
                compute_output=time.perf_counter_ns() - encoding,
            )
            version = result.version.number
            self._statistics.succeeded(to.model, str(version), timing)
            self._metrics.inference(to.model, version, timing.rows, timing.queue / 1e9)
            span.set(version=version, rows=timing.rows, queue_ns=timing.queue, compute_ns=timing.compute_infer)
            return answer

    def _computed(self, to: Addressed, question: Question, options: InferOptions) -> Awaitable[Computed[InferResult]]:
        """Ask with the earliest of the caller's deadlines."""
        deadline = None
        if to.seconds is not None or options.timeout_seconds is not None:
            limits = [limit for limit in (to.seconds, options.timeout_seconds) if limit is not None]
            left = _left(min(limits), to)
            deadline = None if left is None else asyncio.get_running_loop().time() + left
        here = self._traces.here
        if here is not None:
            question = replace(question, traceparent=here)
        return self._scheduler.ask(question, min(options.priority or USUAL_PRIORITY, PRIORITY_LEVELS), deadline)

    async def _count_failure(self, to: Addressed) -> None:
        """Count it for the version that was meant; names that nothing answers to are not counted: they are endless."""
        asked = self._inference.asked
        try:
            known = self._inference.at_hand(to.model, to.version)
            version = await self._lane.run(asked, to.model, to.version) if known is None else known
        except ServiceError:
            return
        self._statistics.failed(to.model, str(version.number), time.perf_counter_ns() - to.arrived)


def _left(seconds: float | None, to: Addressed) -> float | None:
    """What is left of the caller's time; DeadlineExceeded if that is nothing."""
    if seconds is None:
        return None
    left = seconds - (time.perf_counter_ns() - to.arrived) / 1e9
    if left <= 0:
        raise DeadlineExceeded(LATE)
    return left


def most_likely(probabilities: Tensor, classes: int, labels: Sequence[str]) -> Tensor:
    """For (N, K) the `classes` largest of each row as (N, classes) texts `value:index:label`, best first."""
    if probabilities.ndim != MATRIX or not np.issubdtype(probabilities.dtype, np.floating):
        raise refusal("/outputs", "The classification parameter goes with probabilities only.")
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :classes]
    texts = [
        [f"{row[index]:f}:{index}:{labels[index]}" for index in indices]
        for row, indices in zip(probabilities.tolist(), best.tolist(), strict=True)
    ]
    return np.array(texts, dtype=object)
