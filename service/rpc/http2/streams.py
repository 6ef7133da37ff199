"""The calls of one connection: how they begin, go on, and are given up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.rpc.http2 import frames as f
from service.rpc.http2.answers import HEADERS_END, Answers
from service.rpc.http2.call import Call
from service.rpc.http2.frames import NUMBER, Broken, frame, number, unpadded
from service.rpc.http2.headers import UNSUPPORTED, Head, HeadReader
from service.rpc.http2.messages import Refused
from service.rpc.http2.method import MISSING, Method
from service.rpc.http2.patience import Patience
from service.rpc.http2.unended import Unended

CALL_WINDOW: Final = 1 << 20
CONNECTION_WINDOW: Final = 1 << 26
"""Bytes that a peer may send ahead of us; a message that is larger is given more room while it arrives."""
LARGEST_BLOCK = 1 << 16
"""Bytes of a header block over all its frames."""
LARGEST_BACKLOG = 4 << 20
"""Bytes of answers that a peer may leave unread: a frame of messages, and what is short for each of its calls."""
PRIORITY_BYTES = 5


@dataclass(frozen=True)
class Offer:
    """What a server has, and how much it takes: bytes of a message, calls of a connection.

    unended_bytes: of all requests together that are not whole; room for several messages of the largest size
    """

    methods: Mapping[str, Method]
    message_bytes: int
    calls: int
    unended_bytes: int


class Streams:
    """Knows each call by its number."""

    def __init__(
        self,
        offer: Offer,
        transport: asyncio.WriteTransport,
        answers: Answers,
        patience: Patience,
        unended: Unended,
    ) -> None:
        """Take what can be called, how answers go, and what all connections share."""
        self._unended = unended
        self.calls: dict[int, Call] = {}
        self.last = 0
        self.refusing = False
        self._offer, self._transport, self._answers, self._patience = offer, transport, answers, patience
        self._reader = HeadReader()
        self._credit = CONNECTION_WINDOW
        self._block: tuple[int, int, bytes] | None = None

    def require_whole_block(self, kind: int) -> None:
        """Nothing may come into a header block but its continuation."""
        if self._block is not None and kind != f.CONTINUATION:
            raise Broken(f.PROTOCOL_ERROR, "A header block is not ended.")

    def require_listening(self) -> None:
        """Whoever asks must read: an answer that is short is written at once, whether the peer takes it or not."""
        if self._transport.get_write_buffer_size() > LARGEST_BACKLOG:
            raise Broken(f.ENHANCE_YOUR_CALM, "Too many answers are left unread.")

    def on_headers(self, flags: int, stream: int, payload: bytes) -> None:
        """Begin a call, or end its request."""
        if stream % 2 == 0:
            raise Broken(f.PROTOCOL_ERROR, "A client's streams have odd numbers.")
        block = unpadded(flags, payload)
        if flags & f.WITH_PRIORITY:
            block = block[PRIORITY_BYTES:]
        if flags & f.END_HEADERS:
            self._on_block(flags, stream, block)
        else:
            self._block = flags, stream, block

    def on_continuation(self, flags: int, stream: int, payload: bytes) -> None:
        """Go on with a header block."""
        if self._block is None or self._block[1] != stream:
            raise Broken(f.PROTOCOL_ERROR, "There is no header block to continue.")
        first, _, block = self._block
        block += payload
        if len(block) > LARGEST_BLOCK or not self._patience.try_to_bear():
            raise Broken(f.ENHANCE_YOUR_CALM, "The headers are too large.")
        self._block = first, stream, block
        if flags & f.END_HEADERS:
            self._block = None
            self._on_block(first, stream, block)

    def on_data(self, flags: int, stream: int, payload: bytes) -> None:
        """Pass bytes on to their call; what comes for one that has ended is let fall."""
        self._require_begun(stream)
        size = len(payload)
        self._credit -= size
        if self._credit < CONNECTION_WINDOW // 2:
            self._transport.write(number(f.WINDOW_UPDATE, 0, CONNECTION_WINDOW - self._credit))
            self._credit = CONNECTION_WINDOW
        last = bool(flags & f.END_STREAM)
        if not size and not last and not self._patience.try_to_bear():
            raise Broken(f.ENHANCE_YOUR_CALM, "Too many frames are empty.")
        call = self.calls.get(stream)
        if call is None or call.half_closed or call.closed:
            return
        call.credit -= size
        if call.credit < 0:
            raise Broken(f.FLOW_CONTROL_ERROR, "More was sent than there was room for.")
        try:
            call.received(unpadded(flags, payload), last=last)
        except Refused as refused:
            call.refuse(refused)
        else:
            if last:
                self._unended.release(call)
            else:
                self.read(call)

    def on_reset(self, _flags: int, stream: int, payload: bytes) -> None:
        """Give a call up: nobody waits for it."""
        self._require_begun(stream)
        if len(payload) != NUMBER.size:
            raise Broken(f.FRAME_SIZE_ERROR, "RST_STREAM has four bytes.")
        if not self._patience.try_to_bear():
            raise Broken(f.ENHANCE_YOUR_CALM, "Too many calls are given up.")
        call = self.calls.get(stream)
        if call is not None:
            call.closed = True
            call.cancel()

    def on_window(self, _flags: int, stream: int, payload: bytes) -> None:
        """Send more."""
        if len(payload) != NUMBER.size:
            raise Broken(f.FRAME_SIZE_ERROR, "WINDOW_UPDATE has four bytes.")
        by = NUMBER.unpack(payload)[0] & f.LARGEST_WINDOW
        if by == 0:
            raise Broken(f.PROTOCOL_ERROR, "A window is widened by 1 at least.")
        if stream == 0:
            self._answers.widen(by, None)
        else:
            self._require_begun(stream)
            call = self.calls.get(stream)
            if call is not None:
                self._answers.widen(by, call)

    def read(self, call: Call) -> None:
        """Give a call's peer room again, unless messages wait that the method has not taken."""
        self._unended.hold(call)
        if call.credit < CALL_WINDOW // 2 and not len(call.messages) and not call.half_closed:
            self._transport.write(number(f.WINDOW_UPDATE, call.stream, CALL_WINDOW - call.credit))
            call.credit = CALL_WINDOW

    def forget(self, call: Call) -> None:
        """Its task has ended."""
        self.calls.pop(call.stream, None)
        self._unended.release(call)
        if self.refusing and not self.calls:
            self._transport.close()

    def _on_block(self, flags: int, stream: int, block: bytes) -> None:
        head = self._reader.read(block)
        last = bool(flags & f.END_STREAM)
        if stream <= self.last:
            if not last:
                raise Broken(f.PROTOCOL_ERROR, "A call has one head.")
            self.on_data(f.END_STREAM, stream, b"")
            return
        self.last = stream
        self.require_listening()
        if head.foreign:
            self._transport.write(frame(f.HEADERS, HEADERS_END, stream, UNSUPPORTED))
            if not last:
                self._transport.write(number(f.RST_STREAM, stream, f.NO_ERROR))
        elif head.fault is not None:
            self._transport.write(number(f.RST_STREAM, stream, f.PROTOCOL_ERROR))
        elif self.refusing or self._full():
            self._transport.write(number(f.RST_STREAM, stream, f.REFUSED_STREAM))
        else:
            self._begin(stream, head, last=last)

    def _full(self) -> bool:
        """Calls given up count no more, as the peer begins others in their place; but their methods must end too."""
        calls, most = len(self.calls), self._offer.calls
        return calls >= most and (calls >= 2 * most or sum(not call.closed for call in self.calls.values()) >= most)

    def _begin(self, stream: int, head: Head, *, last: bool) -> None:
        method = self._offer.methods.get(head.path, MISSING)
        windows = self._answers.first_window, CALL_WINDOW
        call = Call(self._answers, self, stream, head, method, self._offer.message_bytes, windows)
        self.calls[stream] = call
        try:
            call.begin()
            if last:
                call.received(b"", last=True)
        except Refused as refused:
            call.refuse(refused)

    def _require_begun(self, stream: int) -> None:
        if not 0 < stream <= self.last:
            raise Broken(f.PROTOCOL_ERROR, "This stream has not begun.")
