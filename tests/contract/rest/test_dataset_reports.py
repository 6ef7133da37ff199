"""Datasets that explain themselves: what is guessed of a file, what is odd about it, and what leaks into another."""

from typing import Any

from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

LONG = b"""walk,when,ax,ay,activity
w1,2,5,1,run
w1,1,4,1,run
w1,3,6,1,run
w1,9,7,1,run
w1,9,7,1,run
w2,1,,1,sit
w2,2,1,1,sit
w3,1,4,1,sit
w3,2,5,1,sit
w3,3,6,1,sit
w3,4,7,1,sit
"""
ASKED = {"series": "walk", "time": "when", "format": "csv"}


def preview(caller: Caller, content: bytes, **query: Any) -> Any:
    response = caller.post("/v1/datasets:preview", params=query, content=content)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_preview_shows_how_the_columns_were_understood(fresh: Caller) -> None:
    reading = preview(fresh, LONG, **ASKED)["reading"]
    assert reading["form"] == "long"
    assert {each["column"]: (each["role"], each["certainty"]) for each in reading["columns"]} == {
        "walk": ("series", "asked"),
        "when": ("time", "asked"),
        "activity": ("label", "named"),
        "ax": ("channel", "guessed"),
        "ay": ("channel", "guessed"),
    }


def test_the_parameters_that_a_preview_tells_make_an_upload_the_same(fresh: Caller) -> None:
    guessed = preview(fresh, LONG, **ASKED)
    parameters = guessed["reading"]["parameters"]
    kept = fresh.post("/v1/datasets", params={"name": "walks", "format": "csv", **parameters}, content=LONG).json()
    assert kept["digest"] == guessed["digest"]
    assert {each["certainty"] for each in kept["reading"]["columns"]} == {"asked"}
    assert kept["reading"]["parameters"] == parameters
    assert fresh.get("/v1/datasets/walks").json() == kept


def test_what_is_odd_is_told_with_the_row_column_and_channel_of_the_first(fresh: Caller) -> None:
    report = preview(fresh, LONG, **ASKED)["report"]
    first = {each["kind"]: each["first"] | {"count": each["count"]} for each in report["findings"]}
    nowhere = {"row": None, "column": None, "case": None, "channel": None, "step": None}
    assert next(each["other"] for each in report["findings"] if each["kind"] == "duplicate") == nowhere | {
        "case": 0,
        "row": 2,
    }
    assert first["contradiction"] == nowhere | {"count": 1, "case": 2, "row": 8}
    assert first["duplicate"] == nowhere | {"count": 1, "case": 2, "row": 8}
    assert first["out_of_order"] == nowhere | {"count": 1, "row": 2, "column": "when", "case": 0, "step": 1}
    assert first["repeated_row"]["row"] == 5
    assert (first["gap"]["row"], first["gap"]["column"]) == (4, "when")
    assert first["missing"] == {"count": 1, "row": 6, "column": "ax", "case": 1, "channel": "ax", "step": 0}
    assert first["constant"] == nowhere | {"count": 1, "channel": "ay"}
    channels = {each["name"]: each for each in report["channels"]}
    assert channels["ay"]["constant"]
    assert (channels["ax"]["missing"], channels["ax"]["min"], channels["ax"]["max"]) == (1, 1, 7)


def test_every_finding_is_a_warning_as_well(fresh: Caller) -> None:
    told = preview(fresh, LONG, **ASKED)
    assert {each["detail"] for each in told["report"]["findings"]} <= set(told["warnings"])


def test_a_list_leaves_the_reports_out(fresh: Caller) -> None:
    fresh.post("/v1/datasets", params={"name": "walks", **ASKED}, content=LONG)
    (listed,) = fresh.get("/v1/datasets").json()["items"]
    assert (listed["reading"], listed["report"]) == (None, None)


def test_cases_and_subjects_that_stand_in_two_datasets_are_found(fresh: Caller) -> None:
    header = b"subject,label,v_0,v_1,v_2,v_3\n"
    train = header + b"s1,a,1,2,3,4\ns2,b,5,6,7,8\n"
    test = header + b"s3,a,1,1,1,2\ns4,c,5,6,7,8\ns1,b,0,0,1,0\n"
    for name, content in (("train", train), ("test", test)):
        fresh.post(f"/v1/datasets?name={name}&format=csv", content=content)
    compared = fresh.post("/v1/datasets/train:compare", json={"dataset": "test"}).json()
    assert (compared["equal"], compared["shared_cases"], compared["shared_groups"]) == (False, 1, ["s1"])
    leaks = [each for each in compared["findings"] if each["kind"] == "leak"]
    assert "case 1 (row 2), which is case 1 (row 2) there" in leaks[0]["detail"]
    nowhere = {"column": None, "channel": None, "step": None}
    assert (leaks[0]["first"], leaks[0]["other"]) == (nowhere | {"row": 2, "case": 1}, nowhere | {"row": 2, "case": 1})
    assert (leaks[1]["first"], leaks[1]["other"]) == (nowhere | {"row": 1, "case": 0}, nowhere | {"row": 3, "case": 2})
    assert any("only test has: 1 ('c')" in each["detail"] for each in compared["findings"])


def rows_of_the_leak(caller: Caller, ours: str, theirs: str) -> tuple[int | None, int | None]:
    compared = caller.post(f"/v1/datasets/{ours}:compare", json={"dataset": theirs}).json()
    (leak,) = [each for each in compared["findings"] if each["kind"] == "leak"]
    return leak["first"]["row"], leak["other"]["row"]


def test_a_case_that_leaks_is_told_by_its_row_in_the_file_of_each_side(fresh: Caller) -> None:
    """Whichever format it came in; equal content keeps the rows of its own file."""
    files = {
        "wide": ("csv", b"label,v_0,v_1,v_2,v_3\na,9,9,9,9\na,5,6,7,8\nb,1,2,3,4\n"),
        "long": ("csv", b"id,time,v,label\nq,1,2,b\nq,0,1,b\nr,0,5,a\nq,2,3,b\nq,3,4,b\n"),
        "ts": ("ts", b"# a comment\n@classLabel true a b\n@data\n\n0,0,0,0:a\n1,2,3,4:b\n"),
        "again": ("ts", b"@classLabel true a b\n@data\n\n\n\n0,0,0,0:a\n1,2,3,4:b\n"),
        "json": ("json", b'{"series": [[[1, 2, 3, 4]], [[0, 0, 0, 1]]], "labels": ["b", "a"]}'),
    }
    for name, (stated, content) in files.items():
        fresh.post("/v1/datasets", params={"name": name, "format": stated}, content=content)
    assert rows_of_the_leak(fresh, "wide", "long") == (3, 2)
    assert rows_of_the_leak(fresh, "ts", "wide") == (6, 3)
    assert rows_of_the_leak(fresh, "json", "ts") == (None, 6)
    assert rows_of_the_leak(fresh, "wide", "again") == (3, 7)
    assert fresh.get("/v1/datasets/ts").json()["digest"] == fresh.get("/v1/datasets/again").json()["digest"]


def test_datasets_of_other_channels_share_no_case_and_are_told_apart(fresh: Caller) -> None:
    for name, channels in (("one", 1), ("two", 2)):
        content = houses.classification_file(channels=channels)
        fresh.post(f"/v1/datasets?name={name}&format=json", content=content)
    compared = fresh.post("/v1/datasets/one:compare", json={"dataset": "two"}).json()
    assert compared["shared_cases"] == 0
    assert compared["findings"][0]["kind"] == "channels"


def test_a_comparison_with_nothing_is_refused(fresh: Caller) -> None:
    fresh.post("/v1/datasets?name=one&format=json", content=houses.classification_file())
    members = problem(fresh.post("/v1/datasets/one:compare", json={"dataset": "none"}), 404, "NOT_FOUND")
    assert members["errors"][0]["pointer"] == "/dataset"
    problem(fresh.post("/v1/datasets/none:compare", json={"dataset": "one"}), 404, "NOT_FOUND")
    problem(fresh.post("/v1/datasets/one:compare", json={}), 422, "INVALID_ARGUMENT")


def test_a_column_of_splits_is_asked_for_by_its_name_and_what_leaks_is_told(fresh: Caller) -> None:
    content = b"side,label,v_0,v_1,v_2,v_3\nA,a,1,2,3,4\nB,b,5,6,7,8\nB,a,1,2,3,4\n"
    told = preview(fresh, content, format="csv", split="side")
    (leak,) = [each for each in told["report"]["findings"] if each["kind"] == "leak"]
    assert leak["first"] == {"row": 3, "column": "side", "case": 2, "channel": None, "step": None}
    assert told["reading"]["parameters"]["split"] == "side"
    assert "Cases by 'side': 'A' 1, 'B' 2" in " ".join(told["warnings"])
    members = problem(fresh.post("/v1/datasets:preview?format=csv&split=none", content=content), 422)
    assert members["errors"][0]["pointer"] == "/split"
