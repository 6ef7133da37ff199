"""Structured logs: one JSON object a line on standard output, whoever writes it."""

import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from service.domain.origin import CURRENT
from service.telemetry.lines import LineOutput

LEVELS: Mapping[str, int] = logging.getLevelNamesMapping()
NAMES: Mapping[str, str] = {"warn": "warning", "exception": "error"}
"""The levels of methods that are not called by them."""
LONGEST_TEXT = 500


def configure(level: str) -> LineOutput:
    """Send our own lines and those of every library through one JSON format; called once, before anything logs."""
    output = LineOutput(sys.stdout.buffer)
    number = LEVELS[level.upper()]
    structlog.configure(
        processors=[described, structlog.processors.format_exc_info, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_names: output,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[described, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render_text,
            ],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    return output


def logger() -> FilteringBoundLogger:
    """The service's logger."""
    bound: FilteringBoundLogger = structlog.get_logger()
    return bound


def described(_logger: object, method: str, event: EventDict) -> EventDict:
    """A line with its level, its time, and the request that it was written for; in one step, as there are many."""
    origin = CURRENT.get()
    if origin is not None:
        event = {**origin.fields, **event}
    event["level"] = NAMES.get(method, method)
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    event["timestamp"] = f"{_to_the_second(seconds)}.{rest // 1000:06d}Z"
    return event


@lru_cache(maxsize=1)
def _to_the_second(seconds: int) -> str:
    """A time in UTC without its fraction, which is all that differs between most lines."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def render(_logger: object, _method: str, event: EventDict) -> bytes:
    """One line of JSON: control characters are escaped, so no text can forge a second line."""
    try:
        return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a lone surrogate, which is not UTF-8
        return orjson.dumps({key: ascii(value) for key, value in event.items()})


def render_text(wrapped: object, method: str, event: EventDict) -> str:
    """The same as text, for the standard library's handlers."""
    return render(wrapped, method, event).decode()


def shortened(text: str) -> str:
    """A client's text, cut to a length that a log line bears."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
