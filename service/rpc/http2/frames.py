"""HTTP/2's frames (RFC 9113, sections 4 to 7): how a connection's bytes are cut into them, and how they are made."""

import struct
from collections.abc import Iterator
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 6, 7, 8, 9, 11

LARGEST_FRAME = 1 << 16
"""What we take; what we send is as small as every peer takes it, until it says otherwise."""
LARGEST_WINDOW = 2**31 - 1

NUMBER = struct.Struct(">I")
_HEAD = struct.Struct(">HBBBI")

Frame = tuple[int, int, int, bytes]
"""Kind, flags, stream, payload."""


class Broken(Exception):
    """The peer broke the protocol in a way that ends its connection."""

    def __init__(self, code: int, reason: str) -> None:
        """Take the code for its GOAWAY, and a sentence."""
        super().__init__(reason)
        self.code = code


def head(kind: int, flags: int, stream: int, length: int) -> bytes:
    """The nine bytes before a payload."""
    return _HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A whole frame."""
    return head(kind, flags, stream, len(payload)) + payload


def number(kind: int, stream: int, value: int) -> bytes:
    """A frame that holds one number: RST_STREAM or WINDOW_UPDATE."""
    return frame(kind, 0, stream, NUMBER.pack(value))


class Splitter:
    """Cuts a connection's bytes into frames, however they arrive."""

    def __init__(self) -> None:
        """Expect the preface first."""
        self._rest = b""
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether the peer has shown that it speaks HTTP/2."""
        return self._begun

    def split(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now; Broken if these are none, or one is too large."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end = 0, len(data)
        if not self._begun:
            if not data.startswith(PREFACE[:end]):
                raise Broken(PROTOCOL_ERROR, "This port speaks gRPC: HTTP/2 without an upgrade.")
            if end < len(PREFACE):
                self._rest = data
                return
            self._begun, at = True, len(PREFACE)
        while end - at >= _HEAD.size:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            length = high << 8 | low
            if length > LARGEST_FRAME:
                raise Broken(FRAME_SIZE_ERROR, f"A frame has at most {LARGEST_FRAME} bytes.")
            after = at + _HEAD.size + length
            if after > end:
                break
            yield kind, flags, stream & LARGEST_WINDOW, data[at + _HEAD.size : after]
            at = after
        self._rest = data[at:]


def unpadded(flags: int, payload: bytes) -> bytes:
    """The payload of DATA or HEADERS without its padding."""
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise Broken(PROTOCOL_ERROR, "Padding is shorter than its frame.")
    return payload[1 : len(payload) - payload[0]]
