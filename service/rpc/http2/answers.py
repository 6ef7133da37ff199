"""What goes to a peer for its calls, as fast as its windows let it."""

import asyncio
from collections.abc import Mapping
from typing import Final

from service.rpc.codes import StatusCode
from service.rpc.http2 import frames as f
from service.rpc.http2.call import Call
from service.rpc.http2.frames import Broken, frame, head, number
from service.rpc.http2.headers import OPENING, ending
from service.rpc.http2.messages import packed, prefix
from service.rpc.http2.settings import FIRST_WINDOW, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, SMALLEST_FRAME

LARGEST_FRAME = 1 << 20
"""The largest frame that is written, whatever the peer takes: so much more may wait here than the transport likes."""
HEADERS_END: Final = f.END_HEADERS | f.END_STREAM


class Answers:
    """Heads, messages and trailers of a connection's calls; flow control is of messages only."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        """Assume what the protocol lets everybody assume."""
        self.first_window = FIRST_WINDOW
        self._transport = transport
        self._window = FIRST_WINDOW
        self._frame = SMALLEST_FRAME
        self._paused = False
        self._wider = asyncio.Event()

    def fits(self, call: Call, answer: bytes) -> bool:
        """Whether the peer takes the message now, whole."""
        return len(answer) + 5 <= self._room(call)

    def end(self, call: Call, status: StatusCode, message: str, answer: bytes | None = None) -> None:
        """Send the status, and before it an answer that fits; all in one piece."""
        if call.closed:
            return
        call.closed = True
        stream = call.stream
        trailers = ending(status, message, call.trailers)
        parts = [] if answer is None else self._parts(call, packed(answer))
        if not call.opened and not parts:
            trailers = OPENING + trailers
        parts += (head(f.HEADERS, HEADERS_END, stream, len(trailers)), trailers)
        if not call.half_closed:
            parts.append(number(f.RST_STREAM, stream, f.NO_ERROR))
        self._transport.write(b"".join(parts))

    async def send(self, call: Call, message: bytes) -> None:
        """Send one of several messages, or one that does not fit: in pieces, each as soon as the peer takes it."""
        if self.fits(call, message):
            self._transport.write(b"".join(self._parts(call, packed(message))))
            return
        for part in (prefix(message), message):  # joined they were a second copy, and may have to wait long
            await self._send(call, memoryview(part))

    def settle(self, settings: Mapping[int, int], calls: Mapping[int, Call]) -> None:
        """The peer takes more, or less, than before."""
        self._frame = min(settings.get(MAX_FRAME_SIZE, self._frame), LARGEST_FRAME)
        wider = settings.get(INITIAL_WINDOW_SIZE, self.first_window) - self.first_window
        self.first_window += wider
        for call in calls.values():
            call.window = _widened(call.window, wider)
        self._wider.set()

    def widen(self, by: int, call: Call | None) -> None:
        """The peer takes more, for a call or for all of them."""
        if call is None:
            self._window = _widened(self._window, by)
        else:
            call.window = _widened(call.window, by)
        self._wider.set()

    def pause(self, *, paused: bool) -> None:
        """What was sent is still here, or has gone."""
        self._paused = paused
        self._wider.set()

    async def _send(self, call: Call, rest: memoryview) -> None:
        while rest and not call.closed:
            room = self._room(call)
            if room:
                self._transport.write(b"".join(self._parts(call, bytes(rest[:room]))))
                rest = rest[room:]
            else:
                self._wider.clear()
                await self._wider.wait()

    def _room(self, call: Call) -> int:
        """Bytes that may go now in one frame."""
        return 0 if self._paused else max(0, min(self._window, call.window, self._frame))

    def _parts(self, call: Call, data: bytes) -> list[bytes]:
        """A frame of data that there is room for, behind the head if that has not gone yet."""
        self._window -= len(data)
        call.window -= len(data)
        parts = [head(f.DATA, 0, call.stream, len(data)), data]
        if not call.opened:
            call.opened = True
            parts.insert(0, frame(f.HEADERS, f.END_HEADERS, call.stream, OPENING))
        return parts


def _widened(window: int, by: int) -> int:
    if window + by > f.LARGEST_WINDOW:
        raise Broken(f.FLOW_CONTROL_ERROR, "A window is too wide.")
    return window + by
