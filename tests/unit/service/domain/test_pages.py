"""Cursors that clients hand back, and page sizes that they ask for."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.pages import LARGEST_PAGE, Cursor, PageRequest
from service.errors import InvalidRequest


@given(st.datetimes(timezones=st.just(UTC)), st.text(min_size=1))
def test_a_cursor_comes_back_as_it_was(when: datetime, identifier: str) -> None:
    try:
        cursor = Cursor(when, identifier)
        text = cursor.encode()
    except UnicodeEncodeError:
        return
    assert Cursor.decode(text) == cursor


@given(st.text())
def test_any_other_text_is_refused_or_harmless(text: str) -> None:
    with contextlib.suppress(InvalidRequest):
        assert isinstance(Cursor.decode(text), Cursor)


@pytest.mark.parametrize("text", ["", "=", "AAAA", "%%%", "é", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5IGE"])
def test_a_cursor_that_was_never_handed_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        Cursor.decode(text)


@pytest.mark.parametrize("limit", [0, -1, LARGEST_PAGE + 1])
def test_a_page_has_a_bounded_size(limit: int) -> None:
    with pytest.raises(InvalidRequest, match=str(limit)):
        PageRequest.parse(limit, None)


def test_a_page_without_wishes_is_the_first() -> None:
    assert PageRequest.parse(None, None) == PageRequest(limit=50, after=None)
