"""An edge whose predictions wait behind a gate, so that tests meet them while they are computed or wait."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from service.bootstrap import House
from service.domain.inference import InferResult
from service.edge.context import EdgeContext
from service.edge.prediction import Prediction
from service.errors import ServiceError
from service.serving.scheduler import Batching
from service.serving.sides import Sides
from service.usecases.inference import Question


@dataclass
class Gated:
    """The edge, and what happens behind its gate."""

    edge: EdgeContext
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    batches: list[int] = field(default_factory=list)


@contextmanager
def gated(house: House, **batching: int) -> Iterator[Gated]:
    """One thread computes, and each batch waits for the gate to be opened."""
    edge = house.edge
    behind = Gated(edge)

    def compute(questions: Sequence[Question]) -> list[InferResult | ServiceError]:
        behind.batches.append(sum(question.rows for question in questions))
        behind.begun.release()
        assert behind.gate.wait(60)
        return edge.services.inference.answers(questions)

    scheduler: Sides[Question, InferResult] = Sides(Batching(**batching), compute, lambda _questions, _ns: None)
    prediction = Prediction(
        edge.services.inference, scheduler, edge.lanes.inference, edge.statistics, edge.metrics, edge.traces
    )
    behind.edge = replace(edge, prediction=prediction, scheduler=scheduler)
    try:
        yield behind
    finally:
        behind.gate.set()
        scheduler.close()
