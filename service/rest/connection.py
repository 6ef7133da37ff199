"""One HTTP connection: uvicorn's, with bounds on a request's head, its time, and the pieces of its body."""

import asyncio
import time
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

ARRIVED = "arrived"
"""Where a request's state says when its first bytes came, by time.perf_counter_ns."""
WHOLE = "whole"
"""Where it says whether all of its body came with them."""
LARGEST_HEAD = 64 << 10
HEAD_SECONDS = 10.0
LARGEST_OVERHEAD = 64 << 10
"""What may be sent around a body's bytes to no purpose: pieces of a byte cost six times what they hold."""
CRUMBS = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedConnection(asyncio.Protocol):
    """Hands everything on to uvicorn's protocol, and closes what sends a head without end or without haste."""

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401  # uvicorn's own
        """Take what uvicorn gives to a protocol."""
        self._http = HttpToolsProtocol(**arguments)
        self._transport: asyncio.Transport | None = None
        self._head = self._overhead = self._body = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Await a client's first head from now on."""
        self._transport = transport
        self._http.connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that is not complete."""
        cycle = cast("RequestResponseCycle | None", self._http.cycle)  # None before the first, whatever is declared
        in_head = cycle is None or not cycle.more_body
        held = 0 if cycle is None else len(cycle.body)
        arrived = time.perf_counter_ns()
        self._http.data_received(data)
        if self._http.cycle is not cycle:
            self._http.cycle.scope["state"][ARRIVED] = arrived
            self._http.cycle.scope["state"][WHOLE] = not self._http.cycle.more_body
            self._head = self._overhead = self._body = 0
            self._stop_waiting()
        elif in_head:
            self._await_head()
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(TOO_LARGE)
        elif not cycle.response_started:
            self._weigh(len(data), len(cycle.body) - held)

    def eof_received(self) -> None:
        """Hand on."""
        self._http.eof_received()

    def pause_writing(self) -> None:
        """Hand on."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on."""
        self._stop_waiting()
        self._http.connection_lost(exc)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _weigh(self, sent: int, held: int) -> None:
        """Refuse a body that is mostly its pieces' heads: the parser joins them before anybody else could see it."""
        self._body += held
        self._overhead += sent - held
        if self._overhead > max(LARGEST_OVERHEAD, self._body):
            self._refuse(CRUMBS)

    def _refuse(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)
        self._close()

    def _close(self) -> None:
        self._stop_waiting()
        if self._transport is not None:
            self._transport.close()
