"""One prediction from a request's bytes to an answer's, over any protocol: decoded, computed, encoded, counted.

All of it runs on one thread of the inference lane, so the event loop never waits for numbers.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from service.domain.inference import InferResult, Tensor
from service.edge.datatypes import refusal
from service.edge.statistics import Statistics, Timing
from service.errors import DeadlineExceeded, ServiceError
from service.telemetry.metrics import Metrics
from service.usecases.catalogue import Catalogue
from service.usecases.inference import Inference

Call = TypeVar("Call")
Answer = TypeVar("Answer")

MATRIX = 2

LARGEST_BATCH = 65_536
"""How many cases one request of the inference protocol may hold."""


@dataclass(frozen=True)
class Wanted:
    """An output that was asked for: as binary data or not, or as its `classes` most likely classes."""

    name: str
    binary: bool | None = None
    classes: int = 0


@dataclass(frozen=True, eq=False)
class InferCall:
    """What a request of the inference protocol says; `binary` holds for outputs that do not say themselves."""

    tensors: Mapping[str, Tensor]
    outputs: tuple[Wanted, ...] = ()
    id: str = ""
    binary: bool = False
    timeout_seconds: float | None = None


@dataclass(frozen=True)
class Addressed:
    """The version that is asked, and when the request arrived."""

    model: str
    version: str | None
    arrived: int = field(default_factory=time.perf_counter_ns)


class Prediction:
    """The way of a request through the data plane."""

    def __init__(self, inference: Inference, catalogue: Catalogue, statistics: Statistics, metrics: Metrics) -> None:
        """Take the use cases and whoever counts."""
        self._inference = inference
        self._catalogue = catalogue
        self._statistics = statistics
        self._metrics = metrics

    def infer(
        self, to: Addressed, decode: Callable[[], InferCall], encode: Callable[[InferCall, InferResult], Answer]
    ) -> Answer:
        """Answer a request of the inference protocol."""

        def compute(call: InferCall) -> InferResult:
            if any(len(tensor) > LARGEST_BATCH for tensor in call.tensors.values()):
                raise refusal("/inputs/0/shape", f"A batch has at most {LARGEST_BATCH} cases.")
            _check_time(to, call.timeout_seconds)
            names = [wanted.name for wanted in call.outputs] or None
            result = self._inference.infer(to.model, to.version, call.tensors, names)
            _check_time(to, call.timeout_seconds)
            return result

        return self._run(to, decode, compute, encode)

    def predict(
        self, to: Addressed, decode: Callable[[], Sequence[Any]], encode: Callable[[InferResult], Answer]
    ) -> Answer:
        """Answer a request for plain predictions of cases."""
        return self._run(
            to,
            decode,
            lambda cases: self._inference.predict(to.model, to.version, cases),
            lambda _cases, result: encode(result),
        )

    def _run(
        self,
        to: Addressed,
        decode: Callable[[], Call],
        compute: Callable[[Call], InferResult],
        encode: Callable[[Call, InferResult], Answer],
    ) -> Answer:
        """Decode, compute, encode; count each part, and the failure of any."""
        begun = time.perf_counter_ns()
        try:
            call = decode()
            decoded = time.perf_counter_ns()
            result = compute(call)
            computed = time.perf_counter_ns()
            answer = encode(call, result)
        except ServiceError:
            self._count_failure(to)
            raise
        encoded = time.perf_counter_ns()
        rows = len(next(iter(result.outputs.values())))
        number = result.version.number
        timing = Timing(rows, begun - to.arrived, decoded - begun, computed - decoded, encoded - computed)
        self._statistics.succeeded(to.model, str(number), timing)
        self._metrics.inference(to.model, number, rows, timing.compute_infer / 1e9)
        return answer

    def _count_failure(self, to: Addressed) -> None:
        """Count it for the version that was meant; names that nothing answers to are not counted: they are endless."""
        try:
            number = self._catalogue.version(to.model, to.version or None).number
        except ServiceError:
            return
        self._statistics.failed(to.model, str(number), time.perf_counter_ns() - to.arrived)


def _check_time(to: Addressed, seconds: float | None) -> None:
    """Give up where nobody waits any more: before computing, and before encoding."""
    if seconds is not None and time.perf_counter_ns() - to.arrived > seconds * 1e9:
        raise DeadlineExceeded("The request's timeout passed before there was an answer.")


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
