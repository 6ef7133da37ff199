"""A request is the same by whichever transport it comes, and no other request is."""

import json

from hypothesis import given
from hypothesis import strategies as st

from service.usecases.idempotency import idempotency

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False).map(
    lambda value: value + 0
)
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=3), values, max_size=3),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.text(max_size=3), VALUES, max_size=3)


def as_floats(request: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = json.loads(json.dumps(request), parse_int=float)
    return found


def digest(request: dict[str, object]) -> str:
    made = idempotency("key", request)
    assert made is not None
    return made.request_sha256


@given(REQUESTS)
def test_a_request_is_the_same_with_every_number_as_a_float(request: dict[str, object]) -> None:
    assert digest(as_floats(request)) == digest(request)


@given(REQUESTS, REQUESTS)
def test_requests_that_differ_in_more_than_that_have_different_digests(
    one: dict[str, object], other: dict[str, object]
) -> None:
    written = [json.dumps(as_floats(each), sort_keys=True) for each in (one, other)]
    assert (digest(one) == digest(other)) == (written[0] == written[1])


def test_truth_is_no_number() -> None:
    assert digest({"a": True}) != digest({"a": 1})
    assert digest({"a": "1"}) != digest({"a": 1}) == digest({"a": 1.0})
