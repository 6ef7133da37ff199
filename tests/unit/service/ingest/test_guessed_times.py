"""Columns that order the steps whatever they are called, and those that look as if they did."""

import datetime as dt

import pyarrow as pa
import pytest

from tests.reference.uploads import Read, columns, csv, told

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
        ("time_to_failure", (5, 4, 3, 2, 1, 0)),  # a countdown: to sort by it would turn the series around
        ("lap_time", (81, 83, 80, 84, 82, 79)),
        ("step_total", (0, 3, 4, 9, 15, 16)),
        ("t", (20.5, 20.5, 20.4, 20.4, 20.5, 20.5)),  # a temperature, say
        ("t", (0.3, -1.7, 0.9, -0.2, 2.9, 0.0)),
        ("v", (1, 2, 3, 4, 5, 6)),  # rises as a time does, and is called otherwise
    ],
)
def test_channels_are_not_taken_for_times(read: Read, name: str, values: tuple[float, ...]) -> None:
    found = csv(read, f"id,{name},w\n" + "".join(f"a,{value},{value}\n" for value in values))
    assert "time" not in columns(found)
    assert found.series.channels == (name, "w")


def test_numbers_that_rise_evenly_are_told_as_what_could_be_the_time(read: Read) -> None:
    text = "id,n,v,w\n" + "".join(f"{case},{step},{step * step},{step % 3}\n" for case in "ab" for step in range(5))
    found = csv(read, text)
    assert found.series.channels == ("n", "v", "w")
    (alternative,) = [text for text in found.examination.reading.alternatives if text.startswith("time=")]
    assert "the column 'n' could be the time: it holds numbers that rise evenly" in alternative


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
    times = ("2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02") * 2
    rows = [f"{'ab'[row // 4]},{'xy'[row % 2]},{time},{row}" for row, time in enumerate(times)]
    found = csv(read, "walk,leg,when,v\n" + "\n".join(rows) + "\na,x,2024-01-02,9\nb,y,2024-01-02,9\n")
    alternatives = found.examination.reading.alternatives
    assert [text.partition(":")[0] for text in alternatives] == ["series=walk", "series=leg", "time=when"]
    assert "could be the time: it holds times that stand in several rows of a case" in alternatives[2]


@pytest.mark.parametrize("time", ["when", "Date", "t"])
def test_the_only_text_within_which_times_stand_once_tells_the_cases_apart(read: Read, time: str) -> None:
    walks = [("a", "run"), ("b", "sit"), ("c", "run")]
    rows = [(walk, kind, step, f"2024-01-0{step}") for walk, kind in walks for step in (1, 2, 4, 3)]
    text = "".join(f"{walk},{kind},{step if time == 't' else day},{step}0\n" for walk, kind, step, day in rows)
    found = csv(read, f"walk,kind,{time},v\n" + text)
    assert columns(found)["series"] == ("walk", "guessed")
    assert columns(found)["time"] == (time, "named" if time == "Date" else "guessed")
    assert columns(found)["label"] == ("kind", "guessed")
    assert found.series.values[:, 0].tolist() == [10, 20, 30, 40] * 3


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
