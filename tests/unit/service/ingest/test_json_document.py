"""JSON documents, each fault by its JSON pointer."""

import orjson
import pytest

from service.errors import TooLarge, Unreadable
from service.ingest import json_document
from tests.reference.uploads import Read

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
    assert "must be an object" in refusal(read, [1, 2]).message


def test_a_document_too_long_to_hold_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "LARGEST", 100)
    with pytest.raises(TooLarge, match="npz or parquet"):
        read(orjson.dumps({"series": [[0.5] * 100]}))


def test_at_most_ten_faults_are_listed_and_nothing_is_echoed_at_length(read: Read) -> None:  # row 29
    error = refusal(read, {"series": [[["x" * 3000] * 20_000]]})
    assert len(error.details) == 10
    assert len(error.message) < 300
