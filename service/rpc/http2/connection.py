"""One connection: its beginning, its end, and the frames that belong to no call."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from service.rpc.codes import StatusCode
from service.rpc.http2 import frames as f
from service.rpc.http2.answers import Answers
from service.rpc.http2.frames import NUMBER, Broken, Splitter, frame, number
from service.rpc.http2.headers import LARGEST_LIST
from service.rpc.http2.messages import Refused
from service.rpc.http2.patience import Patience
from service.rpc.http2.settings import (
    FIRST_WINDOW,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    packed_settings,
    read_settings,
)
from service.rpc.http2.streams import CALL_WINDOW, CONNECTION_WINDOW, Offer, Streams
from service.rpc.http2.unended import Unended

HELLO_SECONDS = 20.0
LEAVES_WITHIN_SECONDS = 1.0
PING_BYTES = 8
PROBE: Final = b"wavetap?"
"""A ping of ours: whatever the peer sent before it answers, it sent before it knew that we end."""


class Connection(asyncio.Protocol):
    """Reads frames and passes them on."""

    def __init__(self, offer: Offer, everyone: "set[Connection]", unended: Unended) -> None:
        """Take what is offered, where to be found while the connection is open, and what all of them share."""
        self._offer, self._everyone, self._unended = offer, everyone, unended
        self._splitter, self._patience = Splitter(), Patience()
        self._draining = self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what we take."""
        self._transport = cast("asyncio.Transport", transport)
        self._answers = Answers(self._transport)
        streams = self._streams = Streams(self._offer, self._transport, self._answers, self._patience, self._unended)
        ignored: Callable[[int, int, bytes], None] = lambda _flags, _stream, _payload: None  # noqa: E731
        self._on = (
            streams.on_data,
            streams.on_headers,
            self._on_priority,
            streams.on_reset,
            self._on_settings,
            self._on_push,
            self._on_ping,
            ignored,
            streams.on_window,
            streams.on_continuation,
        )
        settings = {
            MAX_CONCURRENT_STREAMS: self._offer.calls,
            INITIAL_WINDOW_SIZE: CALL_WINDOW,
            MAX_FRAME_SIZE: f.LARGEST_FRAME,
            MAX_HEADER_LIST_SIZE: LARGEST_LIST,
        }
        widened = number(f.WINDOW_UPDATE, 0, CONNECTION_WINDOW - FIRST_WINDOW)
        self._transport.write(frame(f.SETTINGS, 0, 0, packed_settings(settings)) + widened)
        self._everyone.add(self)
        self._timer = asyncio.get_running_loop().call_later(HELLO_SECONDS, self._expect_hello)

    def data_received(self, data: bytes) -> None:
        """Take each frame that is whole; one that breaks the protocol ends the connection."""
        try:
            for kind, flags, stream, payload in self._splitter.split(data):
                self._streams.require_whole_block(kind)
                if kind < len(self._on):
                    self._on[kind](flags, stream, payload)
        except Broken as broken:
            self._leave(broken.code, str(broken))

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel whatever was under way."""
        del exc
        self._everyone.discard(self)
        self._timer.cancel()
        for call in tuple(self._streams.calls.values()):
            call.closed = True
            call.cancel()

    def pause_writing(self) -> None:
        """Send no message for now."""
        self._answers.pause(paused=True)

    def resume_writing(self) -> None:
        """Go on."""
        self._answers.pause(paused=False)

    def drain(self) -> None:
        """Take what was sent before the peer could know, then no more; and leave when all of it is answered."""
        if not self._draining:
            self._draining = True
            told = NUMBER.pack(f.LARGEST_WINDOW) + NUMBER.pack(f.NO_ERROR)
            self._transport.write(frame(f.GOAWAY, 0, 0, told) + frame(f.PING, 0, 0, PROBE))

    def abort(self) -> None:
        """End every call, and the connection."""
        for call in tuple(self._streams.calls.values()):
            call.refuse(Refused(StatusCode.UNAVAILABLE, "The service is shutting down."))
        self._leave(f.NO_ERROR, "")

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return not self._streams.calls

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        _require_none(stream)
        if flags & f.ACK:
            if payload:
                raise Broken(f.FRAME_SIZE_ERROR, "Settings are acknowledged without a word.")
        else:
            self._answers.settle(read_settings(payload), self._streams.calls)
            self._reply(frame(f.SETTINGS, f.ACK, 0))

    def _on_ping(self, flags: int, stream: int, payload: bytes) -> None:
        _require_none(stream)
        if len(payload) != PING_BYTES:
            raise Broken(f.FRAME_SIZE_ERROR, "A ping has eight bytes.")
        if not flags & f.ACK:
            self._reply(frame(f.PING, f.ACK, 0, payload))
        elif self._draining and payload == PROBE and not self._streams.refusing:
            self._streams.refusing = True
            self._transport.write(self._goodbye(f.NO_ERROR, ""))
            if self.idle:
                self._transport.close()

    def _on_priority(self, _flags: int, _stream: int, _payload: bytes) -> None:
        if not self._patience.try_to_bear():
            raise Broken(f.ENHANCE_YOUR_CALM, "Too many frames ask for nothing.")

    def _on_push(self, _flags: int, _stream: int, _payload: bytes) -> None:
        raise Broken(f.PROTOCOL_ERROR, "A client promises nothing.")

    def _reply(self, answer: bytes) -> None:
        """Answer what is no call, to those who listen and do not ask too much."""
        self._streams.require_listening()
        if not self._patience.try_to_bear():
            raise Broken(f.ENHANCE_YOUR_CALM, "Too many frames ask for nothing.")
        self._transport.write(answer)

    def _expect_hello(self) -> None:
        if not self._splitter.begun:
            self._transport.abort()

    def _goodbye(self, code: int, reason: str) -> bytes:
        return frame(f.GOAWAY, 0, 0, NUMBER.pack(self._streams.last) + NUMBER.pack(code) + reason.encode())

    def _leave(self, code: int, reason: str) -> None:
        if self._leaving:
            return
        self._leaving = True
        self._transport.write(self._goodbye(code, reason))
        self._transport.close()  # as soon as the peer has read what is left
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LEAVES_WITHIN_SECONDS, self._transport.abort)


def _require_none(stream: int) -> None:
    if stream:
        raise Broken(f.PROTOCOL_ERROR, "Settings and pings belong to no stream.")
