"""A log that is kept in memory, for tests of what is told."""

import io
import json
import logging
from typing import Any

from service.telemetry.lines import LineOutput
from service.telemetry.logs import Log, Sink


class KeptLog:
    """A log, and the lines that were written to it."""

    def __init__(self, level: int = logging.INFO) -> None:
        self._stream = io.BytesIO()
        self.log = Log(Sink(LineOutput(self._stream), level))

    @property
    def text(self) -> str:
        return self._stream.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]
