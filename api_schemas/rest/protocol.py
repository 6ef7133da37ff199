"""The Open Inference Protocol (V2) in JSON. Unknown members are passed over: other servers' clients send them.

They send null for what they leave out, too, so that what may be absent may be null.
"""

from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

LARGEST_NAME = 256
LARGEST_RANK = 8
LARGEST_ID = 1024
MOST_PARAMETERS = 64
MOST_TENSORS = 16


def _scalar(value: object, check: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  # one of the four
    """What is refused by all is told once, and not in the words of each."""
    try:
        return check(value)
    except ValidationError:
        raise PydanticCustomError("scalar", "Input should be true, false, a number or a text") from None


Parameter = Annotated[bool | int | float | str | None, WrapValidator(_scalar)]
Parameters = Annotated[
    dict[str, Parameter],
    Field(max_length=MOST_PARAMETERS, description="Of a request: `timeout` in microseconds."),
]
Data = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "array",
            "items": {},
            "description": "The elements, flat and row-major or nested as the shape says; null is NaN.",
        }
    ),
]


class ProtocolSchema(BaseModel):
    """A JSON object that may hold more than the members named."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)


class RequestInput(ProtocolSchema):
    """One tensor; `data` is absent when `parameters.binary_data_size` says how many bytes follow the JSON."""

    name: str = Field(max_length=LARGEST_NAME)
    shape: list[int] = Field(min_length=1, max_length=LARGEST_RANK)
    datatype: str = Field(max_length=16, examples=["FP32"])
    parameters: Parameters | None = None
    data: Data = None


class RequestOutput(ProtocolSchema):
    """An output that is wanted; `parameters` may hold `binary_data` and `classification`."""

    name: str = Field(max_length=LARGEST_NAME)
    parameters: Parameters | None = None


class InferRequest(ProtocolSchema):
    """Tensors in; without `outputs` every output is wanted."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "42",
                    "inputs": [
                        {"name": "series", "shape": [1, 2, 3], "datatype": "FP32", "data": [0.1, 0.4, 0.2, 1, 0.9, 0.7]}
                    ],
                    "outputs": [{"name": "probabilities"}],
                }
            ]
        },
    )

    id: str | None = Field(default=None, max_length=LARGEST_ID)
    parameters: Parameters | None = None
    inputs: list[RequestInput] = Field(min_length=1, max_length=MOST_TENSORS)
    outputs: list[RequestOutput] | None = Field(default=None, max_length=MOST_TENSORS)


class ResponseOutput(ProtocolSchema):
    """One tensor; `data` is absent when `parameters.binary_data_size` says how many bytes follow the JSON."""

    name: str
    shape: list[int]
    datatype: str
    parameters: Parameters = Field(default_factory=dict)
    data: Data = None


class InferResponse(ProtocolSchema):
    """Tensors out, in the order they were asked for."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[ResponseOutput]


class Live(ProtocolSchema):
    """The process answers."""

    live: bool


class Ready(ProtocolSchema):
    """Whether new work is welcome."""

    ready: bool


class ModelReady(ProtocolSchema):
    """Whether a version can be asked."""

    name: str
    ready: bool


class ServerMetadata(ProtocolSchema):
    """The server, and the extensions of the protocol that work here."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(ProtocolSchema):
    """A tensor that is taken or given; -1 in a shape is any size."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(ProtocolSchema):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ConfiguredTensor(ProtocolSchema):
    """A tensor without its batch dimension."""

    name: str
    data_type: str
    dims: list[int]


class QueuePolicy(ProtocolSchema):
    """What becomes of requests that wait."""

    allow_timeout_override: bool = Field(description="Whether a request's own timeout holds.")
    max_queue_size: int = Field(description="So many requests may wait, for all models together.")


class DynamicBatching(ProtocolSchema):
    """How requests are gathered into batches."""

    preferred_batch_size: list[int] = Field(description="Requests are gathered up to so many cases.")
    max_queue_delay_microseconds: int = Field(description="How long a request waits for others at most.")
    preserve_ordering: bool
    priority_levels: int = Field(description="A request's priority is from 1, the first, to this.")
    default_priority_level: int
    default_queue_policy: QueuePolicy


class ModelConfig(ProtocolSchema):
    """A model's configuration, as the peers' tools read it."""

    name: str
    platform: str
    backend: str
    max_batch_size: int = Field(description="How many cases a request may hold.")
    dynamic_batching: DynamicBatching
    input: list[ConfiguredTensor]
    output: list[ConfiguredTensor]


class StatisticDuration(ProtocolSchema):
    """How often, and for how many nanoseconds altogether."""

    count: int
    ns: int


class InferStatistics(ProtocolSchema):
    """The parts of answering."""

    success: StatisticDuration
    fail: StatisticDuration
    queue: StatisticDuration
    compute_input: StatisticDuration
    compute_infer: StatisticDuration
    compute_output: StatisticDuration


class BatchStatistics(ProtocolSchema):
    """The computations of one size."""

    batch_size: int
    compute_input: StatisticDuration = StatisticDuration(count=0, ns=0)
    compute_infer: StatisticDuration
    compute_output: StatisticDuration = StatisticDuration(count=0, ns=0)


class ModelStatistics(ProtocolSchema):
    """What a version has done since the service started."""

    name: str
    version: str
    last_inference: int = Field(description="Milliseconds since the epoch.")
    inference_count: int = Field(description="Cases.")
    execution_count: int = Field(description="Computations.")
    inference_stats: InferStatistics
    batch_stats: list[BatchStatistics] = Field(description="By the size of batches; a size never met is absent.")


class StatisticsResponse(ProtocolSchema):
    """One entry a version."""

    model_stats: list[ModelStatistics]


class IndexRequest(ProtocolSchema):
    """Which models to list."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, json_schema_extra={"examples": [{"ready": True}]}
    )

    ready: bool | None = Field(default=None, description="Those only that can be asked.")


class RepositoryRequest(ProtocolSchema):
    """What is said about loading or unloading; `unload_dependents` means nothing here, and is taken."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, json_schema_extra={"examples": [{"parameters": {}}]}
    )

    parameters: Parameters | None = None


Wish = TypeVar("Wish", IndexRequest, RepositoryRequest)


class ModelIndex(ProtocolSchema):
    """A version, and whether it can be asked."""

    name: str
    version: str
    state: str = Field(examples=["READY"], description="READY, UNAVAILABLE, LOADING, UNLOADING or UNKNOWN.")
    reason: str = Field(description="Why it is not READY; empty if it is.")
