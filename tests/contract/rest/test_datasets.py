"""Datasets over HTTP: streamed in, understood, listed, removed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.ingest.detection import Format
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem

FILE = houses.classification_file()


def test_an_upload_tells_what_was_understood(fresh: Caller) -> None:
    response = fresh.post("/v1/datasets?name=gestures&format=json", content=FILE)
    assert response.status_code == 201
    dataset = response.json()
    assert response.headers["location"] == f"/v1/datasets/{dataset['id']}"
    assert dataset["name"] == "gestures"
    assert dataset["task"] == "classification"
    assert dataset["cases"] == 20
    assert dataset["length"] == {"min": 12, "max": 12}
    assert dataset["labels"] == {"down": 10, "up": 10}
    assert dataset["target"] is None
    assert dataset["missing"] == 0
    assert fresh.get(response.headers["location"]).json() == dataset
    assert fresh.get("/v1/datasets/gestures").json() == dataset


def test_a_multipart_upload_is_the_same_dataset(fresh: Caller) -> None:
    raw = fresh.post("/v1/datasets?name=gestures&format=json", content=FILE)
    part = {"file": ("../../gestures.json", FILE, "application/json")}
    multipart = fresh.post("/v1/datasets?name=gestures", files=part)
    assert (raw.status_code, multipart.status_code) == (201, 200)
    assert multipart.json() == raw.json()


@pytest.mark.parametrize("format", Format)
def test_every_format_that_is_read_can_be_asked_for(fresh: Caller, format: Format) -> None:  # noqa: A002
    """By a file that is in none of them, so that each reader refuses it, and no check before it."""
    refusal = fresh.post(f"/v1/datasets:preview?format={format}", content=b"\x01")
    pointers = [error["pointer"] for error in problem(refusal, 422, "INVALID_ARGUMENT")["errors"]]
    assert "/format" not in pointers


def test_the_name_of_a_file_tells_its_format_where_the_content_does_not(fresh: Caller) -> None:
    lone = b"load\n1\n2\n"  # more lines of one number each would tell
    problem(fresh.post("/v1/datasets:preview", content=lone), 415, "INVALID_ARGUMENT")
    for said in (("load.csv", lone), ("load", lone, "text/csv")):
        assert fresh.post("/v1/datasets:preview", files={"file": said}).json()["channels"] == ["load"]
    raw = fresh.post("/v1/datasets:preview", content=lone, headers={"content-type": "text/csv"})
    assert raw.json()["channels"] == ["load"]


def test_the_same_name_with_other_content_is_a_conflict(fresh: Caller) -> None:
    fresh.post("/v1/datasets?name=gestures&format=json", content=FILE)
    other = houses.classification_file(seed=1)
    problem(fresh.post("/v1/datasets?name=gestures&format=json", content=other), 409, "ALREADY_EXISTS")


def test_a_preview_keeps_nothing(fresh: Caller) -> None:
    preview = fresh.post("/v1/datasets:preview?format=json", content=FILE)
    assert preview.status_code == 200
    assert preview.json()["cases"] == 20
    assert "id" not in preview.json()
    assert fresh.get("/v1/datasets").json()["items"] == []


def test_a_removed_dataset_is_gone(fresh: Caller) -> None:
    fresh.post("/v1/datasets?name=gestures&format=json", content=FILE)
    assert fresh.delete("/v1/datasets/gestures").status_code == 204
    problem(fresh.get("/v1/datasets/gestures"), 404, "NOT_FOUND")
    problem(fresh.delete("/v1/datasets/gestures"), 404, "NOT_FOUND")


def test_pages_hold_every_dataset_once_newest_first(fresh: Caller) -> None:
    names = [f"set-{number}" for number in range(5)]
    for number, name in enumerate(names):
        fresh.post(f"/v1/datasets?name={name}&format=json", content=houses.classification_file(seed=number))
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = fresh.get("/v1/datasets", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == names[::-1]


def test_a_name_is_needed_and_must_be_one(fresh: Caller) -> None:
    assert problem(fresh.post("/v1/datasets?format=json", content=FILE), 422)["errors"][0]["pointer"] == "/name"
    for name in ("", "a b", "../x", "x" * 129):
        response = fresh.post("/v1/datasets", params={"name": name, "format": "json"}, content=FILE)
        assert problem(response, 422)["errors"][0]["pointer"] == "/name"


def test_a_table_is_read_by_the_columns_that_the_query_names(fresh: Caller) -> None:
    table = "case,step,load,heat,kind\n" + "".join(
        f"{case},{step},{case + step},{case - step},{'a' if case % 2 else 'b'}\n"
        for case in range(4)
        for step in range(6)
    )
    query = "name=table&format=csv&series=case&time=step&label=kind&channels=heat,load"
    dataset = fresh.post(f"/v1/datasets?{query}", content=table.encode()).json()
    assert dataset["channels"] == ["heat", "load"]
    assert dataset["labels"] == {"a": 2, "b": 2}
    assert dataset["length"] == {"min": 6, "max": 6}


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(tmp_path: Path, announced: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield FILE[:1000]
        yield FILE[1000:]

    with houses.house_in(tmp_path, max_upload_bytes=len(FILE) - 1) as house, calling(application(house.edge)) as caller:
        content = FILE if announced else chunks()
        problem(caller.post("/v1/datasets?name=a&format=json", content=content), 413, "OUT_OF_RANGE")
        problem(caller.post("/v1/datasets?name=a", files={"file": ("a.json", FILE)}), 413, "OUT_OF_RANGE")
        assert list(house.edge.spool.directory.iterdir()) == []


def test_an_upload_of_exactly_the_limit_passes(tmp_path: Path) -> None:
    with houses.house_in(tmp_path, max_upload_bytes=len(FILE)) as house, calling(application(house.edge)) as caller:
        assert caller.post("/v1/datasets?name=a&format=json", content=FILE).status_code == 201
        assert caller.post("/v1/datasets?name=b", files={"file": ("b.json", FILE)}).status_code == 201
        assert list(house.edge.spool.directory.iterdir()) == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=", b""),
        (f"multipart/form-data; boundary={'x' * 300}", b""),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut off'),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'),
        ("multipart/form-data; boundary=b", b"\r\n" * 100_000),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 10_000 + b"\r\n\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n" * 1000 + b"--b--\r\n"),
    ],
    ids=["none", "empty", "long", "text", "cut", "no file", "preamble", "headers", "parts"],
)
def test_a_broken_multipart_body_is_a_bad_request(empty: Caller, content_type: str, body: bytes) -> None:
    response = empty.post("/v1/datasets?name=a", content=body, headers={"Content-Type": content_type})
    problem(response, 400, "INVALID_ARGUMENT")


def test_a_compressed_upload_is_not_taken(empty: Caller) -> None:
    response = empty.post("/v1/datasets?name=a", content=FILE, headers={"Content-Encoding": "gzip"})
    problem(response, 415)


def test_an_unknown_format_is_refused_with_those_that_are_known(empty: Caller) -> None:
    members = problem(empty.post("/v1/datasets?name=a&format=xlsx", content=b"x"), 422)
    assert members["errors"][0]["pointer"] == "/format"
    assert "parquet" in members["errors"][0]["detail"]


def test_a_fault_in_a_file_is_told_with_its_place(empty: Caller) -> None:
    ragged = json.dumps({"series": [[[1, 2], [3]], [[1, 2], [3, 4]]], "labels": ["a", "b"]}).encode()
    members = problem(empty.post("/v1/datasets?name=a&format=json", content=ragged), 422)
    assert members["errors"]


def test_a_preview_takes_the_parameters_of_the_upload(fresh: Caller) -> None:
    content, query = b"id,time,v\na,0,1\na,1,2\n", {"name": "walks", "series": "id"}
    previewed = fresh.post("/v1/datasets:preview", params=query, content=content)
    assert previewed.status_code == 200
    assert fresh.get("/v1/datasets/walks").status_code == 404
    assert fresh.post("/v1/datasets", params=query, content=content).json()["digest"] == previewed.json()["digest"]
    assert fresh.post("/v1/datasets:preview", params={"name": "a b"}, content=content).status_code == 422
