"""A log line is one line of JSON, whatever a client has put into it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.telemetry.logs import LONGEST_TEXT, render, render_text, shortened


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_makes_one_line_that_gives_it_back(text: str) -> None:
    line = render(None, "info", {"event": "request", "path": text})
    assert b"\n" not in line
    assert b"\r" not in line
    assert b"\x1b" not in line
    members = json.loads(line)
    surrogates = any("\ud800" <= character <= "\udfff" for character in text)
    assert surrogates or members["path"] == text


def test_what_is_no_json_is_shown_as_python_shows_it() -> None:
    thing: Any = object()
    assert "object" in json.loads(render_text(None, "info", {"thing": thing}))["thing"]


def test_texts_are_cut_to_a_bearable_length() -> None:
    assert shortened("short") == "short"
    assert len(shortened("x" * 10_000)) == LONGEST_TEXT + 1
