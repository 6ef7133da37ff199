"""One call: its messages as they come, its method in a task of its own, and its answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Protocol

from service.edge.inflation import CONTAINERS
from service.rpc.codes import StatusCode
from service.rpc.http2.headers import LARGEST_LIST, Head
from service.rpc.http2.messages import Messages, Refused
from service.rpc.http2.method import Method

EXPIRES_AFTER_SECONDS = 0.05
"""Behind the deadline: who waits for an answer knows the deadline, and says better what was late."""


class Way(Protocol):
    """What a call is answered through."""

    def fits(self, call: "Call", answer: bytes) -> bool:
        """Whether the peer takes the message now, whole."""
        ...

    def end(self, call: "Call", status: StatusCode, message: str, answer: bytes | None = None) -> None:
        """Send the status, and before it an answer that fits."""
        ...

    async def send(self, call: "Call", message: bytes) -> None:
        """Send a message as fast as the peer takes it."""
        ...


class Keeper(Protocol):
    """Who knows of a call."""

    def read(self, call: "Call") -> None:
        """Let the peer send more, if the call can take it."""
        ...

    def forget(self, call: "Call") -> None:
        """The call has ended."""
        ...


class Call:
    """A stream of the connection; methods know it as their context."""

    def __init__(
        self, way: Way, keeper: Keeper, stream: int, head: Head, method: Method, limit: int, windows: tuple[int, int]
    ) -> None:
        """Take what was said at its head, and how many bytes the peer, and we, take for now."""
        self.stream = stream
        self.method = method
        self.messages = Messages(limit, head.encoding)
        self.window, self.credit = windows
        self.opened = self.closed = self.half_closed = False
        self.trailers: Iterable[tuple[str, str]] = ()
        self._way = way
        self._keeper = keeper
        self._head = head
        self._task: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._deadline: float | None = None

    def begin(self) -> None:
        """Let the time run; a method that takes a stream starts at once. Refused if its messages cannot be read."""
        loop = asyncio.get_running_loop()
        timeout = self._head.timeout
        if timeout is not None:
            self._deadline = time.monotonic() + timeout
            self._expiry = loop.call_later(timeout + EXPIRES_AFTER_SECONDS, self._expire)
        if self._head.large:
            raise Refused(StatusCode.RESOURCE_EXHAUSTED, f"The headers of a call have at most {LARGEST_LIST} bytes.")
        if self._head.encoding not in {"identity", *CONTAINERS}:
            raise Refused(StatusCode.UNIMPLEMENTED, f"Messages of encoding {self._head.encoding!r} cannot be read.")
        if self.method.requests_stream:
            self._task = loop.create_task(self._answered(self._requests()))

    def received(self, data: bytes, *, last: bool) -> None:
        """Take bytes of the request; Refused if they are none."""
        self.half_closed = last
        self.messages.put(data)
        if last and self.messages.partial:
            raise Refused(StatusCode.INTERNAL, "The last message is not whole.")
        if not self.method.requests_stream and len(self.messages) > 1:
            raise Refused(StatusCode.INVALID_ARGUMENT, "This method takes one message.")
        if self.method.requests_stream:
            if self._arrived is not None and not self._arrived.done():
                self._arrived.set_result(None)
        elif last:
            if not len(self.messages):
                raise Refused(StatusCode.INVALID_ARGUMENT, "This method takes one message.")
            self._task = asyncio.get_running_loop().create_task(self._answered(self._parsed(self.messages.take())))

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._disarm()
        if self._task is None:
            self._keeper.forget(self)
        else:
            self._task.add_done_callback(lambda _task: self._keeper.forget(self))  # it may never have begun
            self._task.cancel()

    def refuse(self, refused: Refused) -> None:
        """End it with a status of the transport's own."""
        self._way.end(self, refused.status, refused.message)
        self.cancel()

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the client said of the call."""
        return self._head.metadata

    def time_remaining(self) -> float | None:
        """Seconds until the client stops waiting, if it said so."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    async def write(self, answer: Any) -> None:  # noqa: ANN401  # any message of any service
        """Send one of several answers."""
        await self._way.send(self, self.method.serialize(answer))

    def _parsed(self, message: bytes) -> Any:  # noqa: ANN401  # as above
        try:
            return self.method.parse(message)
        except Refused:
            raise
        except Exception as error:
            raise Refused(StatusCode.INTERNAL, "The message is not what the method takes.") from error

    async def _requests(self) -> AsyncIterator[Any]:
        while True:
            while not len(self.messages):
                if self.half_closed:
                    return
                self._keeper.read(self)
                self._arrived = asyncio.get_running_loop().create_future()
                await self._arrived
            yield self._parsed(self.messages.take())

    async def _answered(self, request: Any) -> None:  # noqa: ANN401  # as above
        """Run the method to its end, and tell the client how it ended."""
        status, message, answer = StatusCode.INTERNAL, "Something went wrong on our side.", None
        try:
            found = await self.method.behaviour(request, self)
            if not self.method.responses_stream:
                whole, found = self.method.serialize(found), None
                if self._way.fits(self, whole):
                    answer = whole
                else:
                    await self._way.send(self, whole)
            status, message = StatusCode.OK, ""
        except Refused as refused:
            status, message = refused.status, refused.message
        except asyncio.CancelledError:
            status, message = StatusCode.CANCELLED, "The call was cancelled."
        finally:
            self._disarm()
            self._way.end(self, status, message, answer)
            self._keeper.forget(self)

    def _expire(self) -> None:
        late = "the request was whole" if self._task is None else "there was an answer"
        self.refuse(Refused(StatusCode.DEADLINE_EXCEEDED, f"The deadline passed before {late}."))

    def _disarm(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
