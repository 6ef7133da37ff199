"""A file with cases for a model is read as the model's own dataset was, whatever of it is left out or added."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from service.domain.datasets import Ingested, Precedent
from service.errors import Unreadable
from tests.reference.uploads import Read, csv

WIDE = {
    "id": ["a", "b", "c"],
    "kind": ["run", "sit", "run"],
    "v_0": [1.0, 5.0, 9.0],
    "v_1": [2.0, 6.0, 8.0],
    "v_2": [3.0, 7.0, 7.0],
    "v_3": [4.0, 8.0, 6.5],
}
LONG = {
    "walk": ["a", "a", "b", "b", "c", "c"],
    "seen": ["2024-01-01", "2024-01-02"] * 3,
    "state": ["run", "run", "sit", "sit", "run", "run"],
    "subject": ["x", "x", "y", "y", "y", "y"],
    "load": [1.5, 2.5, 3.0, 4.0, 5.0, 3.0],
    "heat": [5.0, 6.0, 7.0, 8.0, 9.0, 7.0],
}
TABLES = {"wide": WIDE, "long": LONG}
Columns = dict[str, list[object]]


def as_text(columns: Columns, separator: str) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return "\n".join(separator.join(map(str, row)) for row in (columns, *rows)).encode() + b"\n"


def as_rows(columns: Columns) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return "\n".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows).encode()


def as_arrow(columns: Columns) -> bytes:
    sink = io.BytesIO()
    pyarrow.feather.write_feather(pa.table(columns), sink)
    return sink.getvalue()


def as_parquet(columns: Columns) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


FORMATS = {
    "csv": lambda columns: as_text(columns, ","),
    "tsv": lambda columns: as_text(columns, "\t"),
    "ndjson": as_rows,
    "arrow": as_arrow,
    "parquet": as_parquet,
}


def precedent_of(found: Ingested) -> Precedent:
    assert found.examination is not None
    return Precedent(found.series.channels, found.examination.reading.parameters)


@pytest.fixture(params=FORMATS)
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("form", TABLES)
def test_the_file_of_a_dataset_gives_the_dataset_again(read: Read, file: str, form: str) -> None:
    content = FORMATS[file](TABLES[form])
    trained = read(content, format=file)
    again = read(content, format=file, precedent=precedent_of(trained)).series
    assert trained.series.labels is not None
    assert again.labels is None
    assert again.channels == trained.series.channels
    assert again.lengths.tolist() == trained.series.lengths.tolist()
    assert np.array_equal(again.values, trained.series.values)


@pytest.mark.parametrize(
    ("form", "left"),
    [("wide", ["kind"]), ("wide", ["kind", "id"]), ("long", ["state"]), ("long", ["subject", "state"])],
)
@pytest.mark.parametrize("rows", [1, 2, None])
def test_what_answered_for_the_cases_may_be_left_out(
    read: Read, file: str, form: str, left: list[str], rows: int | None
) -> None:
    precedent = precedent_of(read(FORMATS[file](TABLES[form]), format=file))
    columns = {name: column[:rows] for name, column in TABLES[form].items() if name not in left}
    found = read(FORMATS[file](columns), format=file, precedent=precedent).series
    wanted = read(
        FORMATS[file]({n: c[:rows] for n, c in TABLES[form].items()}), format=file, precedent=precedent
    ).series
    assert found.digest() == wanted.digest()


def test_answers_may_be_missing_or_unknown(read: Read) -> None:
    precedent = precedent_of(read(as_text(WIDE, ",")))
    found = read(as_text(WIDE | {"kind": ["", "?", "fly"]}, ","), precedent=precedent).series
    assert found.cases == 3
    assert found.labels is None


def test_names_of_cases_may_stand_twice_where_a_row_is_a_case(read: Read) -> None:
    precedent = precedent_of(read(as_text(WIDE, ",")))
    assert read(as_text(WIDE | {"id": ["a", "a", ""]}, ","), precedent=precedent).series.cases == 3


def test_what_is_asked_goes_before_the_precedent(read: Read) -> None:
    wide, long = (precedent_of(read(as_text(table, ","))) for table in (WIDE, LONG))
    steps = as_text({"v": [1.0, 2.0], "w": [3.0, 4.0]}, ",")
    assert read(steps, precedent=wide).series.lengths.tolist() == [2]  # the channel's own name tells a row a step
    assert read(steps, precedent=wide, channels=("w",)).series.values.tolist() == [[3], [4]]
    assert read(as_text(LONG, ","), precedent=long, series="state", time="").series.lengths.tolist() == [4, 2]
    patterns = read(as_text({f"x_{n}": [n] for n in range(3)}, ","), precedent=wide, channels=("x_*",)).series
    assert patterns.lengths.tolist() == [3]


def test_the_channels_have_the_order_of_the_model(read: Read) -> None:
    precedent = precedent_of(read(as_text(LONG, ",")))
    found = read(as_text(dict(reversed(LONG.items())), ","), precedent=precedent).series
    assert found.channels == ("load", "heat")


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("place", ["first", "last", "none"])
def test_a_file_without_a_header_is_read_as_the_one_before_with_its_label_or_without(
    read: Read, rows: int, place: str
) -> None:
    values = [[f"{row}.{step}5" for step in range(9)] for row in range(3)]
    trained = "\n".join(",".join([str(row % 2), *steps]) for row, steps in enumerate(values)) + "\n"
    precedent = precedent_of(read(trained.encode()))
    if place == "last":
        ended = "\n".join(",".join([*steps, str(row % 2)]) for row, steps in enumerate(values)) + "\n"
        precedent = precedent_of(read(ended.encode(), label="column_10", header=False))
    answers = {"first": [["1"], []], "last": [[], ["1"]], "none": [[], []]}[place]
    text = "\n".join(",".join([*answers[0], *steps, *answers[1]]) for steps in values[:rows]) + "\n"
    found = read(text.encode(), precedent=precedent).series
    assert found.lengths.tolist() == [9] * rows


def test_arrays_and_cases_are_read_without_their_answers(read: Read) -> None:
    target = io.BytesIO()
    np.savez(target, X=np.zeros((2, 1, 5)), y=np.array([np.nan, 1]), groups=np.array(["", "b"]))
    case = {"series": [[1, 2, 3]], "label": None}
    contents = [
        target.getvalue(),
        b"\n".join([json.dumps(case).encode()] * 2),
        json.dumps({"series": [[[1, 2]], [[3]]], "labels": [None, 1]}).encode(),
        b"@classLabel true a b\n@data\n1,2,3:?\n1,2:c\n",
        b"@relation x\n@attribute a numeric\n@attribute class {u,v}\n@data\n1,?\n2,w\n",
    ]
    for content in contents:
        series = read(content, precedent=Precedent(("c0",))).series
        assert (series.cases, series.labels, series.groups) == (2, None, None)


@pytest.mark.parametrize(
    ("columns", "asked", "advice"),
    [
        (WIDE, {}, "form=wide&channels=v_*"),
        (LONG, {}, "channels=NAME,NAME."),
        ({"x_0": [1], "x_1": [1], "y_0": [1], "y_1": [2]}, {"form": "wide"}, "channels=x_*,y_*."),
    ],
)
def test_where_nothing_tells_the_channels_the_parameters_that_would_are_told(
    read: Read, columns: Columns, asked: dict[str, str], advice: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(as_text(columns, ","), precedent=Precedent(("c0",)), **asked)
    assert advice in refusal.value.message
    assert refusal.value.details[0].pointer == "/channels"


def test_the_steps_of_one_channel_may_have_another_name_where_the_form_is_asked_for(read: Read) -> None:
    assert read(as_text(WIDE, ","), precedent=Precedent(("c0",)), form="wide").series.lengths.tolist() == [4, 4, 4]


def test_a_label_that_is_part_of_what_names_the_cases_is_read_for_that(read: Read) -> None:
    rows = [(who, what, step, step) for who in (31, 32) for what in ("walk", "sit") for step in range(9)]
    text = "subject,activity,t,x\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    precedent = precedent_of(csv(read, text))
    assert read(text.encode(), precedent=precedent).series.lengths.tolist() == [9] * 4
    alone = "t,x\n" + "".join(f"{step},{step}\n" for step in range(9))
    assert read(alone.encode(), precedent=precedent).series.lengths.tolist() == [9]


def test_cases_named_by_the_column_that_groups_them_are_told_apart_by_it(read: Read) -> None:
    rows = "".join(f"{who},{step},{who * step}\n" for who in (3, 5) for step in range(9))
    text = f"subject,time,load\n{rows}"
    found = csv(read, text)
    assert found.examination is not None
    parameters = found.examination.reading.parameters
    assert (parameters["series"], parameters["group"]) == ("subject", "subject")
    again = csv(read, text, precedent=Precedent(found.series.channels, parameters))
    assert again.series.lengths.tolist() == [9, 9]
