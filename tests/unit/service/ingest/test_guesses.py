"""What is guessed from what columns hold: never a refusal, never a column that is silently left out, never twice."""

import contextlib
import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datasets import Ingested, Limits, Reading
from service.errors import Unreadable
from service.ingest import read_series
from service.ingest.roles import USUAL
from tests.reference.uploads import Read, columns, csv, told

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
        reading = Reading(**{"format": "csv", "header": True, **options})  # type: ignore[arg-type]
        return read_series(path, reading, limits)
    return None


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
    again = attempt(text, limits, **vars(Reading.from_texts(parameters)))
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


def test_a_refusal_names_the_column_it_is_about_whatever_its_name(read: Read) -> None:
    name = "a column whose name is longer than what messages repeat of one"
    with pytest.raises(Unreadable) as refusal:
        csv(read, f"time,{name}\n0,1\n1,oops\n2,3\n")
    assert [detail.column for detail in refusal.value.details] == [name]
