"""Rows in any order become the same series, in memory or on the disk, and however few are moved at once."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datasets import Ingested, Limits, Reading
from service.errors import TooLarge, Unreadable
from service.ingest import ordering, read_series, spool

Row = tuple[str, int, float]
LIMITS = st.sampled_from([Limits(), Limits(in_memory=0), Limits(in_memory=100)])
TABLES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(-20, 20), st.integers(0, 99)), min_size=1, max_size=40, unique=True
)


@pytest.fixture(params=[3, 1 << 14], autouse=True, scope="module")
def at_once(request: pytest.FixtureRequest) -> object:
    """How many rows are looked at together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "MOVED", request.param)
        patch.setattr(spool.spans, "__defaults__", (request.param,))
        yield request.param


def read(rows: list[Row], limits: Limits, **options: object) -> Ingested:
    text = "case,time,v\n" + "".join(f"{case},{time},{value}\n" for case, time, value in rows)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upload"
        path.write_text(text)
        return read_series(path, Reading(format="csv", **options), limits)  # type: ignore[arg-type]


@given(TABLES, LIMITS)
def test_cases_are_those_of_a_loop_over_the_rows(rows: list[Row], limits: Limits) -> None:
    table: dict[str, dict[int, float]] = {}
    clash = False
    for case, time, value in rows:
        clash |= time in table.setdefault(case, {})
        table[case][time] = value
    if clash:
        with pytest.raises(Unreadable, match="a case has one row a time"):
            read(rows, limits)
        return
    series = read(rows, limits).series
    expected = [[values[time] for time in sorted(values)] for values in table.values()]
    assert [series.case(place)[:, 0].tolist() for place in range(series.cases)] == expected


@given(TABLES, st.data(), LIMITS)
def test_rows_that_repeat_others_change_nothing(rows: list[Row], data: st.DataObject, limits: Limits) -> None:
    once = list({(case, time): (case, time, value) for case, time, value in rows}.values())
    again = once + data.draw(st.lists(st.sampled_from(once), max_size=5))
    found = read(again, limits)
    assert found.series.digest() == read(once, limits).series.digest()
    counts = {finding.kind: finding.count for finding in found.examination.findings} if found.examination else {}
    assert counts.get("repeated_row", 0) == len(again) - len(once)


@given(TABLES, LIMITS)
def test_the_row_of_every_missing_value_is_found_again(rows: list[Row], limits: Limits) -> None:
    once = list({(case, time): (case, time, value) for case, time, value in rows}.values())
    at = len(once) // 2
    gapped = [row if place != at else (row[0], row[1], float("nan")) for place, row in enumerate(once)]
    examination = read(gapped, limits).examination
    assert examination is not None
    (finding,) = [each for each in examination.findings if each.kind == "missing"]
    assert (finding.first.row, finding.first.column) == (at + 1, "v")


@given(TABLES, LIMITS)
def test_gaps_are_the_steps_longer_than_usual(rows: list[Row], limits: Limits) -> None:
    once = list({(case, time): (case, time, value) for case, time, value in rows}.values())
    times: dict[str, list[int]] = {}
    for case, time, _ in once:
        times.setdefault(case, []).append(time)
    steps = np.concatenate([np.diff(np.sort(each)) for each in times.values()])
    expected = int((steps > 1.5 * np.median(steps)).sum()) if len(steps) else 0
    examination = read(once, limits).examination
    assert examination is not None
    assert sum(each.count for each in examination.findings if each.kind == "gap") == expected


def test_times_of_several_kinds_are_widened_together() -> None:
    rows = "".join(f'{{"series": "a", "time": {time}, "v": {time}}}\n' for time in (3, 1, 2.5))
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.ingest.ndjson.AT_ONCE", 1)
        path = Path(directory) / "upload"
        path.write_text(rows)
        series = read_series(path, Reading(format="ndjson"), Limits(in_memory=0)).series
    assert series.values[:, 0].tolist() == [1, 2.5, 3]


def test_a_case_too_long_to_be_sorted_is_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "MOST_SORTED", 3)
    ordered = [("a", step, 1.0) for step in range(9)]
    assert read(ordered, Limits()).series.cases == 1
    with pytest.raises(TooLarge, match="sort the file by time first"):
        read([*ordered[1:], ordered[0]], Limits())
