"""Structured logs: one JSON object a line, whoever writes it.

Ours, as there is a line for each request: structlog takes three times as long for one, and 80 ms of each start to load.
"""

import io
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from service.domain.origin import CURRENT
from service.telemetry.lines import LineOutput

LEVELS = logging.getLevelNamesMapping()
SILENT = logging.CRITICAL + 1
LONGEST_TEXT = 500
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


class Sink:
    """Where lines go, and from which level on; of a process there is one, and silent until it is configured."""

    __slots__ = ("level", "output")

    def __init__(self, output: LineOutput, level: int = SILENT) -> None:
        """Take an output that may be changed later."""
        self.output = output
        self.level = level


STANDARD = Sink(LineOutput(io.BytesIO()))


class Log:
    """Writes events with their level, their time, the request that they belong to, and what it was bound to."""

    __slots__ = ("_bound", "_sink")

    def __init__(self, sink: Sink, **bound: Any) -> None:  # noqa: ANN401  # any value can be shown
        """Write to a sink."""
        self._sink = sink
        self._bound = bound

    def bind(self, /, **fields: Any) -> "Log":  # noqa: ANN401  # as above
        """One that says this with every event too."""
        return Log(self._sink, **self._bound, **fields)

    def info(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # as above
        """Something that happened."""
        if self._sink.level <= logging.INFO:
            self._sink.output.write(line("info", event, self._bound, fields))

    def warning(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # as above
        """Something that should not have happened; it leaves at once, with the lines before it."""
        if self._sink.level <= logging.WARNING:
            self._sink.output.write(line("warning", event, self._bound, fields), at_once=True)

    def error(self, event: str, /, *, fault: BaseException, **fields: Any) -> None:  # noqa: ANN401  # as above
        """A fault, with its traceback."""
        if self._sink.level <= logging.ERROR:
            told = {**fields, "exception": _trace(fault)}
            self._sink.output.write(line("error", event, self._bound, told), at_once=True)

    def exception(self, event: str, /, **fields: Any) -> None:  # noqa: ANN401  # as above
        """The fault that is being handled."""
        fault = sys.exception()
        if fault is not None:
            self.error(event, fault=fault, **fields)


class Foreign(logging.Handler):
    """Lines of the standard library's loggers, which every other library writes to."""

    def __init__(self, sink: Sink) -> None:
        """Write to a sink."""
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, with its logger's name."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # its arguments are not those of its text
            message = str(record.msg)
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = _trace(record.exc_info[1])
        self._sink.output.write(line(record.levelname.lower(), message, {}, fields), at_once=True)


def configure(level: str) -> LineOutput:
    """Send our own lines and those of every library to standard output; called once, before anything logs."""
    STANDARD.output = LineOutput(sys.stdout.buffer)
    STANDARD.level = LEVELS[level.upper()]
    logging.basicConfig(level=max(STANDARD.level, logging.WARNING), handlers=[Foreign(STANDARD)], force=True)
    return STANDARD.output


def logger() -> Log:
    """The service's log."""
    return Log(STANDARD)


def line(level: str, event: str, bound: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
    """One line of JSON, with its end: control characters are escaped, so that no text can forge a second line."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    told = {"event": event, "level": level, "timestamp": f"{_to_the_second(seconds)}.{rest // 1000:06d}Z"}
    origin = CURRENT.get()
    if origin is not None:
        told.update(origin.fields)
    told.update(bound)
    told.update(fields)
    try:
        return orjson.dumps(told, default=repr, option=OPTIONS)
    except TypeError:  # a lone surrogate, which is not UTF-8, or a very large integer
        return orjson.dumps({_plain(name): _plain(value) for name, value in told.items()}, option=OPTIONS)


def _plain(value: object) -> str:
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else ascii(value)


def _trace(fault: BaseException) -> str:
    return "".join(traceback.format_exception(fault)).rstrip()


@lru_cache(maxsize=1)
def _to_the_second(seconds: int) -> str:
    """A time in UTC without its fraction, which is all that differs between most lines."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def shortened(text: str) -> str:
    """A client's text, cut to a length that a log line bears."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
