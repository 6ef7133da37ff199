"""What is guessed from what columns hold: never a refusal, never a column that is silently left out, never twice."""

import contextlib
import datetime as dt
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datasets import Ingested, Limits, Reading
from service.domain.reports import Finding
from service.errors import Unreadable
from service.ingest import read_series
from service.ingest.columns import USUAL
from tests.reference.uploads import Read

CELLS = {
    "number": st.integers(-3, 9).map(str),
    "rising": st.just("#"),
    "text": st.sampled_from(["up", "down", "rest"]),
    "time": st.integers(1, 28).map(lambda day: f"2024-01-{day:02}"),
    "clock": st.just("@"),
    "odd": st.sampled_from(["", "31.12.2023", "x", "7"]),
}
NAMES = ["walk", "t", "v_0", "v_1", "v_2", "v_3", "v_5", "when", "kind", "note", "id", "label", "Unnamed: 0", "time_s"]


@st.composite
def tables(draw: st.DrawFn) -> str:
    """CSV files with columns of every kind under names of every kind."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    kinds = [draw(st.sampled_from(sorted(CELLS))) for _ in names]
    rows = draw(st.integers(1, 12))
    lines = [",".join(names)]
    for row in range(rows):
        cells = [draw(CELLS[kind]) for kind in kinds]
        moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=row)
        lines.append(",".join(cells).replace("#", str(row)).replace("@", f"{moment:%Y-%m-%dT%H:%M:%S}"))
    return "\n".join(lines) + "\n"


def attempt(text: str, limits: Limits, **options: object) -> Ingested | None:
    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(Unreadable):
        path = Path(directory) / "upload"
        path.write_text(text)
        reading = Reading(format="csv", header=True, **options)  # type: ignore[arg-type]
        return read_series(path, reading, limits)
    return None


def told(found: Ingested, kind: str) -> list[Finding]:
    assert found.examination is not None
    return [finding for finding in found.examination.findings if finding.kind == kind]


def columns(found: Ingested) -> dict[str, tuple[str, str]]:
    assert found.examination is not None
    return {role.role: (role.column, role.certainty) for role in found.examination.reading.columns}


def csv(read: Read, text: str, **options: object) -> Ingested:
    return read(text.encode(), filename="x.csv", **options)


LIMITS = st.sampled_from([Limits(), Limits(in_memory=0)])


@given(tables(), LIMITS)
def test_a_guess_refuses_no_file_that_is_read_without_it(text: str, limits: Limits) -> None:
    names = text.partition("\n")[0].split(",")
    declined = {role: "" for role in ("time", "label", "series") if not set(names) & set(USUAL[role])}
    if attempt(text, limits, **declined) is not None:
        assert attempt(text, limits) is not None


@given(tables(), LIMITS)
def test_the_parameters_that_are_told_ask_for_the_same_and_for_no_guess(text: str, limits: Limits) -> None:
    found = attempt(text, limits)
    if found is None or found.examination is None:
        return
    parameters = found.examination.reading.parameters
    asked = {name: value for name, value in parameters.items() if name != "channels"}
    again = attempt(text, limits, **asked, channels=tuple(parameters["channels"].split(",")))
    assert again is not None
    assert again.series.digest() == found.series.digest()
    assert again.examination is not None
    assert again.examination.reading.parameters == parameters
    assert {role.certainty for role in again.examination.reading.columns} == {"asked"}


@given(tables(), LIMITS)
def test_every_column_has_a_role_or_is_told_to_be_left_out(text: str, limits: Limits) -> None:
    found = attempt(text, limits)
    if found is None or found.examination is None:
        return
    reading = found.examination.reading
    unused = told(found, "unused")
    count = sum(each.count for each in unused)
    singles = {role.column for role in reading.columns if "*" not in role.column}
    names = text.partition("\n")[0].split(",")
    for name in names:
        steps = name.startswith("v_") and any(role.column == "v_*" for role in reading.columns)
        assert name in singles or steps or any(repr(name) in finding.detail for finding in unused)
    numbered = sum(name.startswith("v_") for name in names) if reading.form == "wide" else 0
    assert len(singles) + numbered + count >= len(names)


MOMENTS = ["2024-01-01T00:00:0{}", "2024-01-01 00:00:0{}Z", "2024/01/01 00:00:0{}", "2024-01-01T00:00:0{}.5+02:00"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("file", ["csv", "ndjson"])
def test_texts_that_are_times_order_the_steps_whatever_their_column_is_called(
    read: Read, moment: str, file: str
) -> None:
    times = [moment.format(second) for second in (1, 3, 2)]
    text = "id,seen,v\n" + "".join(f"a,{time},{value}\n" for time, value in zip(times, (10, 30, 20), strict=True))
    rows = [f'{{"id": "a", "seen": "{time}", "v": {time[18]}0}}' for time in times]
    content = text if file == "csv" else "\n".join(rows)
    found = read(content.encode(), format=file)
    assert columns(found)["time"] == ("seen", "guessed")
    assert found.series.values[:, 0].tolist() == [10, 20, 30]
    (late,) = told(found, "out_of_order")
    assert (late.first.row, late.first.column) == (3, "seen")
    assert any(text.startswith("time=: no column at all") for text in found.examination.reading.alternatives)


@pytest.mark.parametrize(
    "times",
    [
        [dt.datetime(2020, 1, day, tzinfo=dt.UTC) for day in (2, 1, 3)],
        [dt.date(2020, 1, day) for day in (2, 1, 3)],
        [dt.time(day) for day in (2, 1, 3)],
        pa.array(["2020-01-02", "2020-01-01", "2020-01-03"]).dictionary_encode(),
    ],
)
def test_a_typed_time_orders_the_steps_whatever_its_column_is_called(read: Read, times: object) -> None:
    sink = pa.BufferOutputStream()
    table = pa.table({"seen": times, "v": [20.0, 10.0, 30.0]})
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    found = read(sink.getvalue().to_pybytes())
    assert columns(found)["time"] == ("seen", "guessed")
    assert found.series.values[:, 0].tolist() == [10, 20, 30]


def test_the_index_of_times_that_a_data_frame_has_no_name_for_orders_the_steps(read: Read) -> None:
    found = csv(read, ",load\n2024-01-02,2\n2024-01-01,1\n2024-01-03,3\n")
    assert columns(found)["time"] == ("", "guessed")
    assert found.series.values[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["t", "ts", "Time (s)", "elapsedTime", "frame"])
@pytest.mark.parametrize("times", [(1, 3, 2, 4, 5), (0.5, 0.25, 0.75, 1, 1.25), (1, 7, 8, 20, 21)])
def test_numbers_by_the_name_of_a_time_order_the_steps(read: Read, name: str, times: tuple[float, ...]) -> None:
    text = f"id,{name},v\n" + "".join(f"a,{time},{time * 2}\n" for time in times)
    found = csv(read, text)
    assert columns(found)["time"] == (name, "guessed")
    assert found.series.values[:, 0].tolist() == [2 * time for time in sorted(times)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("t", (20.5, 20.5, 20.4, 20.4, 20.5, 20.5)),  # a temperature, say
        ("t", (0.3, -1.7, 0.9, -0.2, 2.9, 0.0)),
        ("v", (1, 2, 3, 4, 5, 6)),  # rises as a time does, and is called otherwise
    ],
)
def test_channels_are_not_taken_for_times(read: Read, name: str, values: tuple[float, ...]) -> None:
    found = csv(read, f"id,{name},w\n" + "".join(f"a,{value},{value}\n" for value in values))
    assert "time" not in columns(found)
    assert found.series.channels == (name, "w")


def test_the_only_column_of_numbers_stays_a_channel(read: Read) -> None:
    found = csv(read, "t\n1\n2\n3\n")
    assert found.series.channels == ("t",)
    assert any(text.startswith("time=t: ") for text in found.examination.reading.alternatives)


def test_of_several_times_one_is_taken_and_the_others_are_told(read: Read) -> None:
    text = "begin,end,v\n" + "".join(f"2024-01-0{day},2024-02-0{day},{day}\n" for day in (1, 2, 3))
    found = csv(read, text)
    assert columns(found)["time"] == ("begin", "guessed")
    assert any(
        text.startswith("time=end: the column 'end' could be the time")
        for text in found.examination.reading.alternatives
    )
    assert "'end' (" in told(found, "unused")[0].detail


def test_a_date_of_the_whole_case_is_no_time(read: Read) -> None:
    found = csv(read, "id,born,v\na,1990-01-01,1\na,1990-01-01,2\nb,1980-01-01,3\nb,1980-01-01,4\n")
    assert "time" not in columns(found)
    assert "'born' (times that stand in several rows of a case)" in told(found, "unused")[0].detail


def test_times_that_repeat_where_nothing_tells_the_cases_apart_are_told(read: Read) -> None:
    found = csv(read, "walk,leg,when,v\na,x,2024-01-02,1\na,x,2024-01-01,2\nb,y,2024-01-01,3\nb,y,2024-01-02,4\n")
    alternatives = found.examination.reading.alternatives
    assert [text.partition(":")[0] for text in alternatives] == ["series=walk", "series=leg", "time=when"]
    assert "could be the time: it holds times that stand in several rows of a case" in alternatives[2]


@pytest.mark.parametrize("time", ["when", "Date", "t"])
def test_the_only_text_within_which_times_stand_once_tells_the_cases_apart(read: Read, time: str) -> None:
    walks = [("a", "run"), ("b", "sit"), ("c", "run")]
    rows = [(walk, kind, step, f"2024-01-0{step}") for walk, kind in walks for step in (1, 3, 2)]
    text = "".join(f"{walk},{kind},{step if time == 't' else day},{step}0\n" for walk, kind, step, day in rows)
    found = csv(read, f"walk,kind,{time},v\n" + text)
    assert columns(found)["series"] == ("walk", "guessed")
    assert columns(found)["time"] == (time, "named" if time == "Date" else "guessed")
    assert columns(found)["label"] == ("kind", "guessed")
    assert found.series.values[:, 0].tolist() == [10, 20, 30] * 3


def test_only_the_guess_that_later_rows_belie_is_taken_back(read: Read) -> None:
    rows = [f"{case},2024-01-01T00:00:0{2 - step},{step},{kind}\n" for case, kind in ("au", "bd") for step in range(3)]
    late = "a,2024-01-01T00:00:09,1,d\n"
    text = "id,seen,v,kind\n" + "".join(rows) * 1
    assert set(columns(csv(read, text))) == {"series", "time", "label", "channel"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.ingest.first_rows.LOOKED", len(rows))
        found = csv(read, text + late)
    assert set(columns(found)) == {"series", "time", "channel"}
    assert any("look like label='kind', which does not fit" in text for text in found.warnings)
    assert told(found, "out_of_order")


def test_dates_that_could_be_read_in_two_ways_are_told_with_the_way_that_is_read(read: Read) -> None:
    found = csv(read, "day,v\n01/02/2024,1\n02/02/2024,2\n")
    assert "2024-01-31T09:30:00" in told(found, "unused")[0].detail


def test_a_guess_that_later_rows_belie_is_taken_back_and_told(read: Read) -> None:
    rows = "".join(f"a,2024-01-01T00:{row // 60:02}:{row % 60:02},{row}\n" for row in range(100))
    clash = "a,2024-01-01T00:00:00,7\n"
    found = csv(read, "id,seen,v\n" + rows + clash)
    assert "time" not in columns(found)
    assert found.series.lengths.tolist() == [101]
    assert any("look like time='seen', which does not fit" in text for text in found.warnings)
    with pytest.raises(Unreadable, match="one row a time"):
        csv(read, "id,seen,v\n" + rows + clash, time="seen")


def test_the_only_text_that_is_the_same_in_all_rows_of_a_case_is_its_label(read: Read) -> None:
    text = "id,time,v,kind,note\na,0,1,run,x\na,1,2,run,y\nb,0,3,sit,x\nb,1,4,sit,z\n"
    found = csv(read, text)
    assert columns(found)["label"] == ("kind", "guessed")
    assert found.series.classes == ("run", "sit")
    assert "'note' (texts that change within a case)" in told(found, "unused")[0].detail


def test_of_several_texts_none_is_the_label_and_each_is_told(read: Read) -> None:
    text = "id,time,v,kind,place\na,0,1,run,in\na,1,2,run,in\nb,0,3,sit,out\nb,1,4,sit,out\n"
    found = csv(read, text)
    assert found.series.task == "forecasting"
    alternatives = found.examination.reading.alternatives
    for name in ("kind", "place"):
        assert f"label={name}: the column {name!r} could be the label" in "".join(alternatives)
        assert repr(name) in told(found, "unused")[0].detail
    assert csv(read, text, label="kind").series.classes == ("run", "sit")


@pytest.mark.parametrize("key", ["id,", ""])
def test_the_text_beside_the_steps_of_a_row_is_its_label(read: Read, key: str) -> None:
    rows = [f"{name if key else ''}{',' if key else ''}{kind},1,2,3,{name!r}"
            for name, kind in (("7", "run"), ("8", "sit"), ("9", "run"))]  # fmt: skip
    text = f"{key}kind,v_0,v_1,v_2,v_3\n" + "\n".join(rows).replace("'", "") + "\n"
    found = csv(read, text)
    assert columns(found)["label"] == ("kind", "guessed")
    assert found.series.classes == ("run", "sit")
    assert found.series.lengths.tolist() == [4, 4, 4]


def test_texts_that_differ_in_every_case_are_names_and_no_labels(read: Read) -> None:
    rows = "".join(f"{case},n{case},1,2,3,{case}\n" for case in range(5))
    found = csv(read, "id,name,v_0,v_1,v_2,v_3\n" + rows)
    assert found.series.task == "forecasting"
    assert any(text.startswith("label=name: ") for text in found.examination.reading.alternatives)


def test_a_text_that_repeats_could_tell_the_cases_apart(read: Read) -> None:
    found = csv(read, "walk,v\na,1\na,2\nb,3\nb,4\n")
    assert any(text.startswith("series=walk: ") for text in found.examination.reading.alternatives)
    assert "'walk' (texts that repeat)" in told(found, "unused")[0].detail


def test_an_empty_name_asks_for_no_column(read: Read) -> None:
    text = "id,time,v,kind\na,0,1,run\na,1,2,run\nb,0,3,sit\nb,1,4,sit\n"
    found = csv(read, text, label="", time="")
    assert set(columns(found)) == {"series", "channel"}
    assert found.series.channels == ("time", "v")
    parameters = found.examination.reading.parameters
    assert (parameters["label"], parameters["time"]) == ("", "")
