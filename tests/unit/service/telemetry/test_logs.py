"""A log line is one line of JSON, whatever a client has put into it, and whoever writes it."""

import io
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.origin import CURRENT, Origin
from service.telemetry.lines import LineOutput
from service.telemetry.logs import LONGEST_TEXT, Foreign, Log, Sink, line, logger, shortened
from tests.kept_log import KeptLog

any_text = st.text(st.characters(exclude_categories=()))


@given(any_text, any_text)
def test_any_text_makes_one_line_that_gives_it_back(event: str, text: str) -> None:
    written = line("info", event, {}, {"path": text})
    assert written.endswith(b"\n")
    assert not {*written[:-1]} & {*b"\n\r\x1b"}
    members = json.loads(written)
    surrogates = any("\ud800" <= character <= "\udfff" for character in event + text)
    assert surrogates or (members["event"], members["path"]) == (event, text)


@given(st.dictionaries(any_text, st.integers() | st.floats() | any_text | st.none() | st.binary(), max_size=4))
def test_any_field_is_told(fields: dict[str, Any]) -> None:
    assert len(json.loads(line("info", "told", {}, fields))) >= len(fields)


def test_what_is_no_json_is_shown_as_python_shows_it() -> None:
    kept = KeptLog()
    kept.log.info("began", thing=object())
    assert "object" in kept.lines[0]["thing"]


def test_a_line_has_its_level_its_time_and_what_its_log_is_bound_to() -> None:
    kept = KeptLog()
    before = datetime.now(UTC)
    kept.log.bind(job="job_1", n=1).bind(attempt=2).warning("slow", n=3)
    (told,) = kept.lines
    assert before <= datetime.fromisoformat(told.pop("timestamp")) <= datetime.now(UTC)
    assert told == {"event": "slow", "level": "warning", "job": "job_1", "attempt": 2, "n": 3}


def test_a_line_tells_the_request_that_it_was_written_for() -> None:
    kept = KeptLog()
    token = CURRENT.set(Origin("r-1", f"00-{'1' * 32}-{'2' * 16}-01"))
    kept.log.info("one")
    kept.log.info("two", request_id="of its own")
    CURRENT.reset(token)
    kept.log.info("three")
    assert [(told.get("request_id"), told.get("trace_id")) for told in kept.lines] == [
        ("r-1", "1" * 32),
        ("of its own", "1" * 32),
        (None, None),
    ]


def test_an_error_comes_with_its_traceback() -> None:
    kept = KeptLog()
    try:
        int("This went wrong.")
    except ValueError:
        kept.log.exception("failed", job="job_1")
    (told,) = kept.lines
    assert (told["level"], told["job"]) == ("error", "job_1")
    assert told["exception"].startswith("Traceback")
    assert "This went wrong." in told["exception"]


@pytest.mark.parametrize(
    ("level", "told"),
    [("info", ["info", "warning", "error"]), ("warning", ["warning", "error"]), ("error", ["error"]), ("critical", [])],
)
def test_below_its_level_a_sink_takes_nothing(level: str, told: list[str]) -> None:
    kept = KeptLog(logging.getLevelNamesMapping()[level.upper()])
    kept.log.info("a")
    kept.log.warning("b")
    kept.log.error("c", fault=ValueError())
    assert [each["level"] for each in kept.lines] == told


def test_nothing_is_written_before_there_is_a_place_for_it(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    logger().error("failed", fault=ValueError())
    assert capfdbinary.readouterr().out == b""


def test_other_libraries_write_the_same_lines() -> None:
    stream = io.BytesIO()
    library = logging.getLogger("some.library")
    library.propagate = False
    library.addHandler(Foreign(Sink(LineOutput(stream), logging.INFO)))
    library.warning("a\n%s", "line")
    library.warning("%d", "no number")
    try:
        int("of theirs")
    except ValueError:
        library.exception("failed")
    first, second, third = (json.loads(each) for each in stream.getvalue().splitlines())
    assert (first["event"], first["level"], first["logger"]) == ("a\nline", "warning", "some.library")
    assert second["event"] == "%d"
    assert "of theirs" in third["exception"]


def test_texts_are_cut_to_a_bearable_length() -> None:
    assert shortened("short") == "short"
    assert len(shortened("x" * 10_000)) == LONGEST_TEXT + 1


def test_logs_that_are_bound_apart_do_not_know_of_each_other() -> None:
    kept = KeptLog()
    one: Log = kept.log.bind(a=1)
    kept.log.bind(b=2).info("x")
    one.info("y")
    assert [{*told} & {"a", "b"} for told in kept.lines] == [{"b"}, {"a"}]
