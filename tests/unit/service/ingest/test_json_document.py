"""JSON documents, each fault by its JSON pointer."""

import re

import orjson
import pytest

from service.errors import TooLarge, Unreadable
from service.ingest import json_document
from tests.reference.uploads import Read, columns, csv

SERIES = [[[1, 2.5, None], [4, 5, 6]], [[7], [8]]]


def refusal(read: Read, document: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(document if isinstance(document, bytes) else orjson.dumps(document))
    return caught.value


def test_labels_of_any_plain_type_are_texts(read: Read) -> None:
    document = {"series": [[1], [2], [3], [4]], "labels": ["a ", 1, 1.0, True]}
    series = read(orjson.dumps(document)).series
    assert [series.classes[place] for place in series.labels] == ["a", "1", "1", "true"]


def test_channels_are_named_and_lengths_differ(read: Read) -> None:
    series = read(orjson.dumps({"series": SERIES, "channels": ["x", "y"], "targets": [1, 2.5]})).series
    assert series.channels == ("x", "y")
    assert series.lengths.tolist() == [3, 1]
    assert series.targets.tolist() == [[1], [2.5]]


def test_groups_tell_which_cases_belong_together(read: Read) -> None:
    series = read(orjson.dumps({"series": [[1], [2], [3]], "groups": ["tom", "ann", "tom"]})).series
    assert (series.group_names, series.groups.tolist()) == (("ann", "tom"), [1, 0, 1])


def test_several_targets_a_case_are_read(read: Read) -> None:
    document = {"series": SERIES, "targets": [[1, 2], [3, 4]]}
    assert read(orjson.dumps(document)).series.targets.shape == (2, 2)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"series": [[[1, "abc"]]]}, "/series/0/0/1"),
        ({"series": [[[1, True]]]}, "/series/0/0/1"),
        ({"series": [[[1, [2]]]]}, "/series/0/0/1"),
        ({"series": [[[1, 2], [3]]]}, "/series/0/1"),
        ({"series": [[[1]], [[1], [2]]]}, "/series/1"),
        ({"series": [[[1, 1e300]]]}, "/series/0/0/1"),
        ({"series": [[[]]]}, "/series/0/0"),
        ({"series": [[]]}, "/series/0"),
        ({"series": []}, "/series"),
        ({"series": {}}, "/series"),
        ({"labels": ["a"]}, "/series"),
        ({"series": [[1]], "labels": ["a", "b"]}, "/labels"),
        ({"series": [[1]], "labels": [None]}, "/labels/0"),
        ({"series": [[1]], "labels": [""]}, "/labels/0"),
        ({"series": [[1]], "labels": ["x" * 300]}, "/labels/0"),
        ({"series": [[1]], "targets": [None]}, "/targets/0"),
        ({"series": [[1]], "targets": ["1"]}, "/targets/0"),
        ({"series": [[1]], "targets": [1e300]}, "/targets/0"),
        ({"series": [[1], [2]], "targets": [[1, 2], [3]]}, "/targets/1"),
        ({"series": [[1]], "targets": [1], "labels": ["a"]}, "/targets"),
        ({"series": [[1]], "label": ["a"]}, "/label"),
        ({"series": [[1]], "channels": ["a", "b"]}, "/channels"),
        ({"series": [[1]], "groups": ["a", "b"]}, "/groups"),
        ({"series": [[1]], "groups": [[1]]}, "/groups/0"),
        (b'{"series": [[[NaN]]]}', "line 1, column 15"),
        (b'{"series": [[[1, 2', "line 1, column 19"),
    ],
)
def test_a_fault_is_named_by_its_pointer(read: Read, document: object, place: str) -> None:
    assert refusal(read, document).details[0].pointer == place


def test_depth_is_refused_without_harm(read: Read) -> None:  # row 4
    refusal(read, b'{"series": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def test_a_document_of_something_else_is_refused(read: Read) -> None:
    assert "an object {" in refusal(read, [1, 2]).message


def test_a_document_too_long_to_hold_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "LARGEST", 100)
    with pytest.raises(TooLarge, match="npz or parquet"):
        read(orjson.dumps({"series": [[0.5] * 100]}))


def test_at_most_ten_faults_are_listed_and_nothing_is_echoed_at_length(read: Read) -> None:  # row 29
    error = refusal(read, {"series": [[["x" * 3000] * 20_000]]})
    assert len(error.details) == 10
    assert len(error.message) < 300


ROWS = [{"time": f"2024-01-{day:02}", "city": city, "load": day / 4} for city in "ab" for day in range(1, 12)]


@pytest.mark.parametrize("filename", ["rows.json", None])
@pytest.mark.parametrize("options", [0, orjson.OPT_INDENT_2])
def test_a_list_of_rows_is_the_table_that_it_would_be_as_csv(read: Read, filename: str | None, options: int) -> None:
    found = read(orjson.dumps(ROWS, option=options), filename=filename)
    lines = "".join(f"{row['time']},{row['city']},{row['load']}\n" for row in ROWS)
    table = csv(read, f"time,city,load\n{lines}")
    assert found.format == "json"
    assert found.series.digest() == table.series.digest()
    assert found.examination.reading == table.examination.reading
    asked = read(orjson.dumps(ROWS), format="json", series="", time="", channels=("load",))
    assert asked.series.lengths.tolist() == [22]


def test_a_list_of_cases_is_what_their_lines_would_be(read: Read) -> None:
    cases = [{"series": [[1, 2, 3]], "label": "a"}, {"series": [[4, 5]], "label": "b"}]
    lines = b"\n".join(map(orjson.dumps, cases))
    assert read(orjson.dumps(cases)).series.digest() == read(lines, filename="x.ndjson").series.digest()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([{"a": 1}, 3], "At /1: In a list of cases, or of rows, each is an object"),
        ([{"a": 1}, {"a": [1]}, {"a": 3}, {"a": 4}], "At object 2, column 'a': A list stands where one value belongs"),
        ([{"series": [[1]]}, {"series": [["x"]]}], "At object 2, /series/0/0"),
        (b'[{"a": 1, "a": 2}]', "'a' stands twice in one object"),
        ([[1, 2]], "is taken, or a list of rows"),
        ({"time": [0, 1], "load": [1, 2]}, "Columns by name are not read"),
        (b'[{"a": 1}, ', "This is no JSON"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_with_what_would_be(read: Read, document: object, message: str) -> None:
    assert re.search(message, refusal(read, document).message)


def test_objects_of_a_list_are_told_by_their_number(read: Read) -> None:
    found = read(orjson.dumps(ROWS))
    assert columns(found)["series"] == ("city", "guessed")
    assert found.rows.tolist() == [1, 12]
