"""Whether anybody still waits for an answer: the time that a caller gives, and its leaving before the end."""

import asyncio
import re
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.rest.problems import Malformed

TIMEOUT = "X-Request-Timeout"
TIMEOUT_NAME = TIMEOUT.lower().encode()
LONGEST_SECONDS = 86_400.0
NUMBER = re.compile(r"([0-9]{1,9}\.?|[0-9]{0,9}\.[0-9]{1,30})(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
"""As a program writes one; Python would take 1_0 for ten, too."""
LISTEN_AFTER_SECONDS = 0.02
"""Most answers are there sooner, and to listen costs a task."""


def stated_seconds(text: str | None) -> float | None:
    """How long the caller waits for the answer, from the request's arrival on; None if the header does not say."""
    if text is None:
        return None
    seconds = float(text) if NUMBER.fullmatch(text) else -1.0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise Malformed(f"{TIMEOUT} is a number of seconds above 0, and at most {LONGEST_SECONDS:.0f}.")
    return seconds


class Listening:
    """Finds requests whose answers take their time: one timer for all, as to set one for each costs more."""

    def __init__(self) -> None:
        """Know of no request yet."""
        self._begun: dict[Attention, float] = {}
        self._looking: asyncio.AbstractEventLoop | None = None

    def __call__(self, receive: Receive) -> "Attention":
        """A context in which a request is attended to; `receive` tells of the client, once the body is read."""
        return Attention(receive, self)

    def begin(self, attention: "Attention", loop: asyncio.AbstractEventLoop) -> None:
        """Look at a request in a while."""
        self._begun[attention] = loop.time()
        if self._looking is not loop:
            self._looking = loop
            loop.call_later(LISTEN_AFTER_SECONDS, self._look, loop)

    def end(self, attention: "Attention") -> None:
        """Keep nothing of a request that is answered or listened for."""
        self._begun.pop(attention, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have those listen that are not answered yet; they stand in the order of their beginning."""
        now = loop.time()
        for attention, begun in list(self._begun.items()):
            if begun + LISTEN_AFTER_SECONDS > now:
                loop.call_at(begun + LISTEN_AFTER_SECONDS, self._look, loop)
                return
            self.end(attention)
            attention.listen()
        self._looking = None


class Attention:
    """Within this context the task is cancelled when its client disconnects, and ClientDisconnect tells of it."""

    __slots__ = ("_gone", "_listener", "_listening", "_receive", "_task")

    def __init__(self, receive: Receive, listening: Listening) -> None:
        """Take what tells of the client, and who finds out that the answer takes its time."""
        self._receive = receive
        self._listening = listening
        self._gone = False
        self._listener: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        """Listen as soon as the answer takes its time."""
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        self._listening.begin(self, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Listen no longer."""
        self._listening.end(self)
        if self._listener is not None:
            self._listener.cancel()
        if self._gone and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise ClientDisconnect from error

    def listen(self) -> None:
        """Begin to."""
        self._listener = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._task is not None:
            self._task.cancel()
