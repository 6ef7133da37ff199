"""Everything the two edges work with, in one record that the composition root fills."""

from dataclasses import dataclass, field

from service.domain.inference import InferResult
from service.edge.access import Access
from service.edge.lanes import Lanes
from service.edge.lifecycle import Lifecycle
from service.edge.prediction import Prediction
from service.edge.statistics import Statistics
from service.edge.uploads import Spool
from service.serving.sides import Sides
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces
from service.usecases.inference import Question
from service.usecases.services import Services


@dataclass(frozen=True)
class EdgeContext:
    """What an edge may call and must ask; `max_body_bytes` bounds requests that are no uploads."""

    services: Services
    access: Access
    lanes: Lanes
    lifecycle: Lifecycle
    spool: Spool
    metrics: Metrics
    statistics: Statistics
    prediction: Prediction
    scheduler: Sides[Question, InferResult]
    max_body_bytes: int
    metrics_public: bool = False
    traces: Traces = field(default_factory=Traces)
