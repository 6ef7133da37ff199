"""The log of an attempt is JSON lines."""

import io
import json

from service.jobs.lines import Lines


def test_each_event_is_one_line_whatever_it_says() -> None:
    stream = io.BytesIO()
    lines = Lines(stream)
    lines.info("began", text="two\nlines", odd=object())
    lines.warning("slow", seconds=1.5)
    first, second = stream.getvalue().decode().splitlines()
    assert json.loads(first)["text"] == "two\nlines"
    assert json.loads(second) == {"event": "slow", "level": "warning", "seconds": 1.5}


def test_an_error_comes_with_its_traceback() -> None:
    stream = io.BytesIO()
    try:
        int("This went wrong.")
    except ValueError:
        Lines(stream).exception("failed", job="job_1")
    told = json.loads(stream.getvalue())
    assert (told["level"], told["job"]) == ("error", "job_1")
    assert "This went wrong." in told["exception"]
