"""JSON and NDJSON files in which an object names a member twice."""

import pytest

from service.errors import Unreadable
from tests.reference.uploads import Read

ROW = b'{"id": 1, "time": 0, "x": 1}\n'
CASE = b'{"series": [[1, 2]], "label": "a"}\n'


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (b'{"series": [[1], [2]], "labels": ["a", "b"], "labels": ["b", "a"]}', "the document"),
        (b'\xef\xbb\xbf{"series": [[1], [2]], "l\\u0061bels": ["a", "b"], "labels" : ["b", "a"]}', "the document"),
        (ROW + b'{"id": 1, "time": 1, "x": 2, "x": 3}\n' + ROW, "line 2"),
        (ROW + ROW + b'{"id": 1, "time": 1, "x": 2, "more": {"a": 1, "a": 2}}\n', "line 3"),
        (CASE + b'{"series": [[1, 3]], "label": "a", "label": "b"}\n', "line 2"),
    ],
)
def test_a_member_that_is_named_twice_is_refused_with_its_place(read: Read, content: bytes, pointer: str) -> None:
    with pytest.raises(Unreadable, match="stands twice in one object") as caught:
        read(content)
    assert caught.value.details[0].pointer == pointer


def test_texts_may_hold_what_looks_like_names(read: Read) -> None:
    labels = rb'["\"labels\": ", "\":"]'
    assert read(b'{"series": [[1], [2]], "labels": ' + labels + b"}").series.classes == ('":', '"labels":')
    assert read(CASE + b'{"series": [[1, 3]], "label": "\\": \\":"}\n').series.cases == 2


def test_nesting_that_is_deep_is_passed_over_where_no_column_is_made_of_it(read: Read) -> None:
    deep = b'{"id": 1, "time": 1, "x": 2, "more": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}\n"
    assert read(ROW + deep).series.channels == ("x",)
