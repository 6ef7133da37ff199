"""An object that names a member twice is refused, whatever else its text looks like, and nothing else is."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rest.members import each_once
from service.rest.problems import Malformed

NAMES = st.sampled_from(["a", "b", '":', '\\":', '"', ": ", "\\", "\u00e9"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
SPACES = st.sampled_from(["", " ", "\n\t", "\r\n"])


@given(VALUES, SPACES)
def test_whatever_names_its_members_once_is_taken_as_it_is(value: Any, space: str) -> None:
    body = json.dumps(value, separators=(",", f"{space}:")).encode()
    parsed = orjson.loads(body)
    assert each_once(body, parsed) is parsed


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.data())
def test_a_member_that_is_named_twice_is_refused_however_deep(value: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    twice = "{" + ",".join(f"{json.dumps(key)}:{json.dumps(value[key])}" for key in [*value, name]) + "}"
    around = data.draw(st.sampled_from(["{}", '[1,{{"x":{}}}]', '{{"a":[[[{}]]]}}', '["\\":",{}]']))
    body = around.format(twice).encode() if around != "{}" else twice.encode()
    with pytest.raises(Malformed, match="twice in one object"):
        each_once(body, orjson.loads(body))


def test_names_that_are_the_same_once_they_are_read_are_the_same() -> None:
    body = b'{"name": 1, "n\\u0061me": 2}'
    with pytest.raises(Malformed, match="'name' twice"):
        each_once(body, orjson.loads(body))


def test_a_long_name_is_told_in_part() -> None:
    name = b"x" * 10_000
    body = b'{"%s": 1, "%s": 2}' % (name, name)
    with pytest.raises(Malformed) as caught:
        each_once(body, orjson.loads(body))
    assert len(caught.value.message) < 500


def test_depth_ends_in_words_and_not_in_the_interpreter() -> None:
    body = b'["\\":",' + b"[" * 1000 + b"]" * 1001
    with pytest.raises(Malformed, match="nested"):
        each_once(body, orjson.loads(body))
