"""What is told of a dataset beside its facts: how its file was understood, what is odd, and how two of them compare."""

from typing import Literal

from pydantic import Field

from api_schemas.rest.schema import Schema, example


class Role(Schema):
    """A column, and what it was taken for."""

    role: str = Field(description="series, time, label, target, group or channel.")
    column: str = Field(description="Its name, or a pattern in which * is the number of the step.")
    certainty: Literal["asked", "named", "guessed"] = Field(
        description="Told by a parameter, by a usual name, or by what it holds."
    )
    others: list[str] = Field(description="Columns that could have been it too.")


class DatasetReading(Schema):
    """How the file was understood."""

    form: Literal["cases", "long", "wide"] = Field(
        description="Whole cases as their format writes them, or a table with a row a step, or with a row a case."
    )
    columns: list[Role]
    parameters: dict[str, str] = Field(description="The query parameters that ask for exactly this.")
    alternatives: list[str] = Field(description="What else was possible, each by the parameter that asks for it.")


class Place(Schema):
    """Where something stands; what does not apply is null."""

    row: int | None = Field(description="Counted from 1, without a header; the line of a file that has cases a line.")
    column: str | None
    case: int | None = Field(description="Counted from 0, in the order of the dataset.")
    channel: str | None
    step: int | None = Field(description="Counted from 0 within the case.")


class Finding(Schema):
    """Something odd."""

    kind: str = Field(description="Such as missing, gap, duplicate, contradiction, constant, out_of_order or leak.")
    count: int
    detail: str
    first: Place
    other: Place | None = Field(
        description="Where the first one's counterpart stands: the case it equals or the row it differs from, in the "
        "other dataset where two are compared."
    )


class ChannelFacts(Schema):
    """A channel over all steps; the numbers are null where nothing was observed."""

    name: str
    missing: int
    constant: bool
    min: float | None
    max: float | None
    mean: float | None
    deviation: float | None


class Report(Schema):
    """What the channels hold, and what is odd, the gravest first."""

    channels: list[ChannelFacts]
    findings: list[Finding]


class ComparisonRequest(Schema):
    """The dataset to compare with."""

    model_config = example({"dataset": "gestures-test"})

    dataset: str = Field(description="Its identifier or name.", examples=["gestures-test"])


class ComparedDataset(Schema):
    """One side of a comparison."""

    id: str
    name: str
    digest: str
    cases: int


class Comparison(Schema):
    """Two datasets side by side, as for training and for judging."""

    model_config = example(
        {
            "dataset": {"id": "ds_1", "name": "a", "digest": "9f2d", "cases": 40},
            "other": {"id": "ds_2", "name": "b", "digest": "1c77", "cases": 40},
            "equal": False,
            "shared_cases": 1,
            "shared_groups": [],
            "findings": [
                {
                    "kind": "leak",
                    "count": 1,
                    "detail": "Cases of a that stand in b as well: 1, the first is case 3 (row 4), "
                    "which is case 7 (row 8) there.",
                    "first": {"row": 4, "column": None, "case": 3, "channel": None, "step": None},
                    "other": {"row": 8, "column": None, "case": 7, "channel": None, "step": None},
                }
            ],
        }
    )

    dataset: ComparedDataset
    other: ComparedDataset
    equal: bool = Field(description="Whether they are the same content.")
    shared_cases: int = Field(description="Cases of the dataset that stand in the other one as well.")
    shared_groups: list[str] = Field(description="Groups, such as subjects, that have cases in both; at most 100.")
    findings: list[Finding] = Field(description="What keeps one from being judged by the other, the gravest first.")
