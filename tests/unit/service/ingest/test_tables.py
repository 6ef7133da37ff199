"""Tables in long form: the columns' roles, the order of rows, and each fault at its row and column."""

import datetime as dt
import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from service.domain.datasets import Limits
from service.errors import TooLarge, Unreadable
from tests.reference.uploads import Read


def refusal(read: Read, text: str | bytes, **options: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(text if isinstance(text, bytes) else text.encode(), filename=options.pop("filename", "x.csv"), **options)
    return caught.value


def as_parquet(**columns: object) -> bytes:
    target = io.BytesIO()
    parquet.write_table(pa.table(columns), target)
    return target.getvalue()


TABLE = "id,time,ax,ay,label\na,0,1,2,up\nb,0,5,6,down\na,1,3,,\nb,1,7,8,down\n"


def test_rows_of_several_cases_may_be_mixed(read: Read) -> None:
    series = read(TABLE.encode(), filename="x.csv").series
    assert np.array_equal(series.values, np.array([[1, 2], [3, np.nan], [5, 6], [7, 8]], np.float32), equal_nan=True)
    assert series.channels == ("ax", "ay")
    assert [series.classes[place] for place in series.labels] == ["up", "down"]


def test_columns_are_taken_as_asked(read: Read) -> None:
    text = "who,when,a,b,what\nx,1,1,2,0.5\nx,2,3,4,0.5\ny,1,5,6,2\n"
    series = read(text.encode(), series="who", time="when", target="what", channels=("b",)).series
    assert series.channels == ("b",)
    assert series.values[:, 0].tolist() == [2, 4, 6]
    assert series.targets.tolist() == [[0.5], [2.0]]


def test_without_label_or_target_the_table_is_one_long_series(read: Read) -> None:
    ingested = read(b"date,load\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n")
    assert (ingested.series.task, ingested.series.cases) == ("forecasting", 1)
    assert ingested.series.channels == ("load",)


def test_labels_keep_their_spelling_in_text_and_lose_the_type_in_parquet(read: Read) -> None:
    text = read(b"case,time,v,label\n1,0,1,01\n2,0,2,2\n").series
    typed = read(as_parquet(case=[1, 2], v=[1.0, 2.0], label=[1.0, 2.0])).series
    assert (text.classes, typed.classes) == (("01", "2"), ("1", "2"))


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_is_found(read: Read, separator: str) -> None:
    assert read(TABLE.replace(",", separator).encode(), filename="x.csv").series.cases == 2


@pytest.mark.parametrize("time", ["01.01.2024 00:00", "2024-01-01 00:00:00.500", "18.00.00", "v1.2"])
def test_points_within_dates_and_texts_are_no_decimal_marks(read: Read, time: str) -> None:
    found = read(
        f"when;x;y\n{time};0,5;-1,25\n{time};1;2,5e1\n".encode(), filename="x.csv", channels=("x", "y"), time=""
    )
    assert found.series.values.tolist() == [[0.5, -1.25], [1, 25]]


def test_a_comma_may_be_the_decimal_mark_between_semicolons(read: Read) -> None:
    assert read(b"time;v\n0;1,5\n1;2,25\n", filename="x.csv").series.values[:, 0].tolist() == [1.5, 2.25]


def test_rows_out_of_order_are_sorted_and_told(read: Read) -> None:
    ingested = read(b"case,time,v,label\na,2,20,u\na,1,10,u\nb,1,5,u\na,3,30,u\n")
    assert ingested.series.values[:, 0].tolist() == [10, 20, 30, 5]
    assert any("the first is row 2 (case 'a')" in warning for warning in ingested.warnings)


def test_a_row_that_is_repeated_is_left_out_and_told(read: Read) -> None:
    ingested = read(b"case,time,v\na,1,10\na,2,20\na,2,20\na,3,30\n")
    assert ingested.series.values[:, 0].tolist() == [10, 20, 30]
    assert any("the first is row 3" in warning for warning in ingested.warnings)


def test_two_values_at_one_time_are_refused(read: Read) -> None:
    error = refusal(read, "case,time,v\na,1,10\na,2,20\na,2,21\n")
    assert error.details[0].pointer == "row 3, column 'time'"
    assert "row 2" in error.message


def test_gaps_in_time_are_told(read: Read) -> None:
    rows = "".join(f"{hour},1{hour}\n" for hour in (0, 1, 2, 3, 7, 8))
    assert any("the first before row 5" in warning for warning in read(f"time,v\n{rows}".encode()).warnings)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("case,time,v\na,0,1\na,1,oops\na,2,3\n", "row 2, column 'v'"),
        ("case,time,v\na,0,1\na,1,inf\n", "row 2, column 'v'"),
        ("case,time,v\na,0,1\na,1,1e300\n", "row 2, column 'v'"),
        ("case,time,v\na,0,1\n,1,2\n", "row 2, column 'case'"),
        ("case,time,v\na,0,1\na,,2\n", "row 2, column 'time'"),
        ("case,time,v\na,0,1\na,2020-01-01,2\n", "row 2, column 'time'"),
        ("case,time,v\na,2020-01-01,1\na,2020-13-41,2\n", "row 2, column 'time'"),
        ("case,time,v\na,0,1\na,later,2\n", "row 2, column 'time'"),
        ("case,time,v,label\na,0,1,u\na,1,2,d\n", "row 2, column 'label'"),
        ("case,time,v,label\na,0,1,u\nb,0,2,\n", "row 2, column 'label'"),
        ("case,time,v,target\na,0,1,1\na,1,2,2\n", "row 2, column 'target'"),
        ("case,time,v,target\na,0,1,1\nb,1,2,\n", "row 2, column 'target'"),
        ("case,time,v,target\na,0,1,1\nb,1,2,inf\n", "row 2, column 'target'"),
        ("case,time,v\na,0,1\na,1\n", "line 3"),
        ("case,time,v\na,0,1\na,1,2,3\n", "line 3"),
        ("case,time,v\n", "row 1"),
        ("case,time,case,v\na,0,1,2\n", "the header"),
        ("1,2,3\n4,5,6\n", "the header"),
        ("case,time,label\na,0,u\n", "the header"),
        ("case,note,label\na,b,u\n", "the header"),
        ('case,"time,v\na,0,1\n', "the header"),
    ],
)
def test_a_fault_is_named_by_row_and_column(read: Read, text: str, place: str) -> None:
    assert refusal(read, text).details[0].pointer == place


def test_a_column_that_is_not_there_is_named_with_those_that_are(read: Read) -> None:
    error = refusal(read, TABLE, label="lable")
    assert error.details[0].pointer == "/label"
    assert "'lable'; the columns are 'id', 'time', 'ax', 'ay', 'label'" in error.message


def test_an_answer_needs_a_column_of_cases(read: Read) -> None:
    assert refusal(read, "time,v,label\n0,1,u\n1,2,u\n").details[0].pointer == "/series"


def test_what_was_guessed_is_told(read: Read) -> None:
    warnings = read(TABLE.encode(), time="time").warnings
    assert "Columns were understood by their names: series='id', label='label'." in warnings
    assert not any("by their names" in warning for warning in read(b"when,v\n1,2\n2,3\n", time="when").warnings)


def test_a_label_that_is_not_a_number_in_a_column_of_numbers_is_missing(read: Read) -> None:
    content = as_parquet(case=[1.0, 1.0, 2.0], time=[1, 2, 3], v=[1.0, 2.0, 3.0], label=[4.0, float("nan"), 5.0])
    assert read(content).series.classes == ("4", "5")


def test_columns_of_text_are_left_out_and_told(read: Read) -> None:
    warnings = read(b"case,time,v,note\na,0,1,hello\na,1,2,world\n").warnings
    assert "Columns without a use were left out: 'note' (texts that change within a case)." in warnings


def test_a_column_of_text_cannot_be_a_channel_that_was_asked_for(read: Read) -> None:
    error = refusal(read, "case,time,v,note\na,0,1,hello\na,1,2,7\n", channels=("v", "note"))
    assert error.details[0].pointer == "row 1, column 'note'"


def test_an_index_that_a_data_frame_left_behind_is_no_channel(read: Read) -> None:
    assert read(b",time,v\n0,0,1\n1,1,2\n", filename="x.csv").series.channels == ("v",)


@pytest.mark.parametrize(
    "times",
    [
        [1, 0, 2],
        [1.5, 0.5, 2.5],
        [dt.date(2020, 1, day) for day in (2, 1, 3)],
        [dt.datetime(2020, 1, day, tzinfo=dt.UTC) for day in (2, 1, 3)],
        [dt.time(day) for day in (2, 1, 3)],
        [dt.timedelta(day) for day in (2, 1, 3)],
        ["2020-01-02", "2020-01-01", "2020-01-03"],
        ["1", "0.5", "2e0"],
        ["2020-01-01T00:00:02", "2020-01-01T00:00:01", "2020-01-01T00:00:03.5"],
    ],
)
def test_every_kind_of_time_orders_the_steps(read: Read, times: list[object]) -> None:
    assert read(as_parquet(time=times, v=[20, 10, 30])).series.values[:, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None, 3], pa.int8()),
        pa.array([1, None, 3], pa.uint64()),
        pa.array([1, None, 3], pa.float16()),
        pa.array(["1", None, "3"]),
        pa.array(["1", "?", " 3 "], pa.large_string()),
        pa.array(["1", "nan", "+3"]).dictionary_encode(),
        pa.array([1, None, 3]).cast(pa.decimal128(25, 3)),
        pa.array([1.0, float("nan"), 3.0]),
    ],
)
def test_every_kind_of_number_is_a_channel(read: Read, column: pa.Array) -> None:
    values = read(as_parquet(v=column)).series.values[:, 0]
    assert np.array_equal(values, np.array([1, np.nan, 3], np.float32), equal_nan=True)


def test_a_column_of_lists_is_left_out(read: Read) -> None:
    ingested = read(as_parquet(v=[1.0, 2.0], nested=[[1], [2]]))
    assert ingested.series.channels == ("v",)
    with pytest.raises(Unreadable, match="numbers are needed"):
        read(as_parquet(v=[1.0, 2.0], nested=[[1], [2]]), channels=("nested",))


def test_a_parquet_file_without_rows_is_refused(read: Read) -> None:
    with pytest.raises(Unreadable, match="no rows"):
        read(as_parquet(v=pa.array([], pa.float32())))


@pytest.mark.parametrize("name", ["values", "cases", "channels", "classes"])
def test_the_limits_are_held(read: Read, name: str) -> None:
    rows = "".join(f"{case},0,1,2,3,4,l{case}\n" for case in range(5))
    with pytest.raises(TooLarge, match=f"{name} or more; at most 3"):
        read(("case,time,a,b,c,d,label\n" + rows).encode(), limits=Limits(**{name: 3}))


@pytest.mark.parametrize(
    "missing", ["", "?", "-", "--", "NA", "N/A", "n/a", "null", "NULL", "NaN", "None", ".", "#DIV/0!"]
)
@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_what_stands_for_no_number_is_missing(read: Read, missing: str, in_memory: int) -> None:
    found = read(f"time,v,w\n0,1,1\n1,{missing},2\n2,-3,3\n".encode(), limits=Limits(in_memory=in_memory))
    assert np.array_equal(found.series.values[:, 0], np.array([1, np.nan, -3], np.float32), equal_nan=True)
    assert found.series.channels == ("v", "w")


@pytest.mark.parametrize("missing", ["", "?", "NA", "null"])
@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_what_stands_for_no_label_is_missing(read: Read, missing: str, table: str) -> None:
    text = f"id,time,v,label\na,0,1,up\na,1,2,{missing}\nb,0,3,{missing}\n"
    content = text.encode()
    if table == "parquet":
        content = as_parquet(id=["a", "a", "b"], time=[0, 1, 0], v=[1.0, 2.0, 3.0], label=["up", missing, missing])
    with pytest.raises(Unreadable) as refusal:
        read(content)
    assert refusal.value.details[0].pointer == "row 3, column 'label'"
    kept = text.replace(f"b,0,3,{missing}", "b,0,3,none").encode()
    assert read(kept).series.classes == ("none", "up")


def test_the_first_rows_that_differ_about_a_time_are_told_first(read: Read) -> None:
    error = refusal(read, "time,v\n9,1\n9,2\n1,1\n1,2\n")
    assert [detail.pointer for detail in error.details] == ["row 2, column 'time'", "row 4, column 'time'"]
