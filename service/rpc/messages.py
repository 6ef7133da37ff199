"""Views as messages and messages as requests: the same names and meanings as REST, so one translation serves all."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from google.protobuf import struct_pb2
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from pydantic import BaseModel

from api_schemas.generated import wavetap_pb2 as pb
from api_schemas.rest import inference as schemas
from service.domain.pages import PageRequest

M = TypeVar("M", bound=Message)


def message(view: BaseModel, into: M) -> M:
    """A view as a message of the same members; what is null stays unset."""
    return ParseDict(view.model_dump(mode="json", exclude_none=True), into)


def page_request(request: pb.ListRequest | pb.ListTrainingJobsRequest | pb.ListModelVersionsRequest) -> PageRequest:
    """Which part of a collection is wanted."""
    return PageRequest.parse(request.limit if request.HasField("limit") else None, request.cursor or None)


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A Struct as JSON has it: it knows doubles only, so whole numbers become integers again."""
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:  # noqa: ANN401  # any JSON
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [_value(element) for element in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in {None, "null_value"} else getattr(value, str(kind))


def predictions(view: schemas.PredictResponse) -> pb.PredictResponse:
    """Predictions; a single value is a list of one."""
    response = pb.PredictResponse(model=view.model, version=view.version)
    for prediction in view.predictions:
        response.predictions.add(
            label=prediction.label or "",
            probabilities=prediction.probabilities or {},
            value=_listed(prediction.value),
            forecast=_channels(prediction.forecast),
            quantiles=[_quantile(float(share), spread) for share, spread in (prediction.quantiles or {}).items()],
        )
    return response


def _quantile(share: float, spread: float | list[float] | list[list[float]]) -> pb.Quantile:
    """A forecast's are lists of channels, a regression's a number or a list of numbers."""
    if isinstance(spread, list) and spread and isinstance(spread[0], list):
        return pb.Quantile(quantile=share, forecast=_channels(spread))
    return pb.Quantile(quantile=share, value=_listed(cast("float | list[float]", spread)))


def _listed(value: float | list[float] | None) -> list[float]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _channels(forecast: list[list[float]] | None) -> list[pb.Channel]:
    return [pb.Channel(values=channel) for channel in forecast or ()]


def evaluation(view: schemas.Evaluation) -> pb.Evaluation:
    """An evaluation; a row of the confusion is a message, as a map's value cannot be a map."""
    rows: Mapping[str, Mapping[str, int]] = view.confusion or {}
    return pb.Evaluation(
        model=view.model,
        version=view.version,
        cases=view.cases,
        metrics=view.metrics,
        confusion={label: pb.ConfusionRow(predicted=row) for label, row in rows.items()},
        backtest=None if view.backtest is None else _backtest(view.backtest),
    )


def _backtest(view: schemas.Backtest) -> pb.Backtest:
    return pb.Backtest(
        origins=view.origins,
        step=view.step,
        seasonality=view.seasonality,
        baselines={name: pb.Metrics(metrics=metrics) for name, metrics in view.baselines.items()},
    )
