"""Whether anybody still waits for an answer: the time that a caller gives, and its leaving before the end."""

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.rest.problems import Malformed

TIMEOUT = "X-Request-Timeout"
LONGEST_SECONDS = 86_400.0
LISTEN_AFTER_SECONDS = 0.02
"""Most answers are there sooner, and to listen costs a task."""


def stated_seconds(text: str | None) -> float | None:
    """How long the caller waits for the answer, from the request's arrival on; None if the header does not say."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= LONGEST_SECONDS:  # also where it is not a number
        raise Malformed(f"{TIMEOUT} is a number of seconds above 0, and at most {LONGEST_SECONDS:.0f}.")
    return seconds


class Attention:
    """Within this context the task is cancelled when its client disconnects, and ClientDisconnect tells of it."""

    def __init__(self, receive: Receive) -> None:
        """Take what tells of the client, once the body is read."""
        self._receive = receive
        self._gone = False
        self._listener: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        """Listen as soon as the answer takes its time."""
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(LISTEN_AFTER_SECONDS, self._begin)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Listen no longer."""
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if self._gone and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise ClientDisconnect from error

    def _begin(self) -> None:
        self._listener = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._task is not None:
            self._task.cancel()
