"""JSON is refused by what it holds, before it is parsed, and only where it is both large and made of little things."""

import json

import pytest

from service.edge.extent import MOST_PARTS, MOST_VALUES
from service.errors import TooLarge
from service.rest.extent import SMALL_BYTES, check_extent


@pytest.mark.parametrize(
    ("unit", "most"), [(b"0,", MOST_VALUES), (b"[],", MOST_PARTS), (b"{},", MOST_PARTS), (b'"",', MOST_PARTS)]
)
def test_as_much_as_may_be_is_taken_and_one_more_is_not(unit: bytes, most: int) -> None:
    check_extent(unit * most)
    check_extent(memoryview(unit * most))
    with pytest.raises(TooLarge, match=f"at most {most}"):
        check_extent(unit * (most + 1))


def test_names_count_as_texts() -> None:
    check_extent(b'{"a":0}' * (MOST_PARTS // 2))
    with pytest.raises(TooLarge):
        check_extent(b'{"a":0}' * (MOST_PARTS // 2 + 1))


def test_the_largest_request_of_ordinary_numbers_is_taken() -> None:
    """Four million numbers of ten digits in lists of a hundred are forty megabytes."""
    row = json.dumps([0.12345678] * 100).encode()
    check_extent(b",".join([row] * (MOST_VALUES // 100)))


def test_what_is_small_is_not_looked_at() -> None:
    check_extent(b"[" * (SMALL_BYTES - 1))
