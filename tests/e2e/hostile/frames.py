"""HTTP/2 by hand: calls that are opened and reset at once, as no client's library would."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

AT_ONCE = 50
"""Calls that are sent in one piece."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING = 0, 1, 3, 4, 6
LARGEST_FRAME = 1 << 14
ACKNOWLEDGED = 1
END_OF_HEADERS = 4
CANCEL = struct.pack(">I", 8)
LAST = bytes(8)
CALL = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/inference.GRPCInferenceService/ServerLive",
    ":authority": "localhost",
    "content-type": "application/grpc",
    "te": "trailers",
}


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def block(headers: dict[str, str]) -> bytes:
    """Each as a literal that enters no table."""
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in headers.items()
    )


def half_a_message(stream: int, announced: int, size: int) -> bytes:
    """A call whose message is announced and goes on for so many bytes, and then no more."""
    content = b"\0" + struct.pack(">I", announced) + bytes(size)
    pieces = (content[place : place + LARGEST_FRAME] for place in range(0, len(content), LARGEST_FRAME))
    begun = {**CALL, ":path": "/inference.GRPCInferenceService/ModelInfer"}
    return frame(HEADERS, END_OF_HEADERS, stream, block(begun)) + b"".join(
        frame(DATA, 0, stream, each) for each in pieces
    )


@contextmanager
def holding(address: str, calls: int, announced: int, size: int) -> Iterator[None]:
    """Over one connection so many calls, each with a part of its message, all of which the server has read."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        for stream in range(1, 2 * calls, 2):
            connection.sendall(half_a_message(stream, announced, size))
        connection.sendall(frame(PING, 0, 0, LAST))
        _acknowledged(connection)
        yield


def reset(address: str, count: int) -> int:
    """Open and reset so many calls over one connection; the answer is how many it bore, as the server has told."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        sender = threading.Thread(target=_send, args=(connection, count))
        sender.start()
        try:
            borne = _acknowledged(connection)
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            sender.join()
    return borne


def _send(connection: socket.socket, count: int) -> None:
    """Behind each lot goes a ping that holds how many calls there were."""
    with suppress(OSError):  # it has closed: whoever resets so much may be shown out
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        for sent in range(0, count, AT_ONCE):
            streams = range(2 * sent + 1, 2 * (sent + AT_ONCE) + 1, 2)
            calls = (
                frame(HEADERS, END_OF_HEADERS, each, block(CALL)) + frame(RESET, 0, each, CANCEL) for each in streams
            )
            connection.sendall(b"".join(calls) + frame(PING, 0, 0, struct.pack(">Q", sent + AT_ONCE)))
        connection.sendall(frame(PING, 0, 0, LAST))


def _acknowledged(connection: socket.socket) -> int:
    """Read until the last ping has come back, or the server closes."""
    borne, received = 0, connection.makefile("rb")
    with suppress(OSError):
        while len(head := received.read(9)) == 9:
            content = received.read(int.from_bytes(head[:3], "big"))
            if head[3] == PING and head[4] == ACKNOWLEDGED:
                if content == LAST:
                    break
                borne = struct.unpack(">Q", content)[0]
    return borne
