"""Predictions and evaluations in plain JSON."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from api_schemas.rest.schema import Name, Schema, example

Cases = Annotated[
    list[Any],
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "array",
                "items": {"type": "array", "items": {"type": ["number", "null"]}},
            },
            "description": "Cases, channels, steps. Lengths may differ from case to case; null is a missing value.",
        }
    ),
]
"""The numbers themselves are checked where they become arrays: pydantic would look at each by itself."""


class PredictRequest(Schema):
    """Series to be predicted."""

    model_config = example({"series": [[[0.1, 0.4, None, 0.2], [1.0, 0.9, 0.7, 0.8]]]})

    series: Cases
    version: int | str | None = Field(
        default=None, description="A version's number or an alias; by default the newest version."
    )


class Prediction(Schema):
    """The answer to one case: the members of the model's task."""

    label: str | None = None
    probabilities: dict[str, float] | None = None
    value: float | list[float] | None = None
    forecast: list[list[float]] | None = Field(default=None, description="Channels, then future steps.")
    quantiles: dict[str, float | list[float] | list[list[float]]] | None = Field(
        default=None, description="For each share, such as 0.1, a value or forecast that the truth is below as often."
    )


class PredictResponse(Schema):
    """One prediction a case, in their order."""

    model_config = example(
        {
            "model": "gestures",
            "version": 1,
            "predictions": [{"label": "Running", "probabilities": {"Running": 0.97, "Walking": 0.03}}],
        }
    )

    model: str
    version: int
    predictions: list[Prediction]


class Rolling(Schema):
    """From which origins a forecast is tested."""

    origins: int = Field(default=10, ge=1, le=1000, description="Of each series, counted from its end.")
    step: int | None = Field(
        default=None, ge=1, le=1_000_000, description="From origin to origin; a horizon by default."
    )
    seasonality: int | None = Field(
        default=None, ge=1, le=1_000_000, description="The steps of a season; found out from the series by default."
    )


class EvaluateRequest(Schema):
    """The dataset to be judged by."""

    model_config = example({"dataset": "motions"})

    dataset: Name = Field(description="A dataset's identifier or name.")
    version: int | str | None = Field(
        default=None, description="A version's number or an alias; by default the newest version."
    )
    backtest: Rolling | None = Field(
        default=None, description="For forecasts: from the last origins of each series, beside naive forecasts."
    )


class Backtest(Schema):
    """Forecasts from origins that roll through the series, and two that anyone can make beside them."""

    origins: int = Field(description="Of all series.")
    step: int = Field(description="Steps from origin to origin.")
    seasonality: int = Field(description="The steps of a season, given or found out.")
    baselines: dict[str, dict[str, float]] = Field(
        description="The metrics of `naive`, which repeats the last value, and of `seasonal_naive`, the last season."
    )


class Evaluation(Schema):
    """How a model does on a dataset."""

    model_config = example(
        {
            "model": "gestures",
            "version": 1,
            "cases": 2,
            "metrics": {"accuracy": 1.0, "f1_macro": 1.0},
            "confusion": {"Running": {"Running": 1, "Walking": 0}, "Walking": {"Running": 0, "Walking": 1}},
        }
    )

    model: str
    version: int
    cases: int
    metrics: dict[str, float]
    confusion: dict[str, dict[str, int]] | None = Field(description="True label, then predicted label, then cases.")
    backtest: Backtest | None = Field(default=None, description="If one was asked for; `metrics` are its own then.")
