"""Requests that are not whole hold no more than was allowed, of all connections together; who goes on is let go on."""

import socket
from collections.abc import Iterator

import grpc
import pytest

from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE, frame, number
from service.rpc.http2.messages import KEPT_BYTES, packed
from service.rpc.http2.settings import INITIAL_WINDOW_SIZE, packed_settings
from tests.http2_peers import CALL, PATIENCE, UNENDED, Peer, frames_of, said, spoken, status_of
from tests.patience import eventually

PART = 256 << 10
ANNOUNCED = 1 << 20
ROOM = frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 1 << 24})) + number(f.WINDOW_UPDATE, 0, 1 << 24)
"""Answers of any size are taken."""
FIT = UNENDED // (PART + 5)
"""So many parts of messages are held at once."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.end()


def part(stream: int, head: bytes = CALL) -> bytes:
    """A call with a quarter of its message."""
    return frame(f.HEADERS, f.END_HEADERS, stream, head) + data(stream, packed(bytes(ANNOUNCED))[: PART + 5])


def data(stream: int, content: bytes, flags: int = 0) -> bytes:
    pieces = [content[place : place + 16384] for place in range(0, len(content), 16384)]
    return b"".join(frame(f.DATA, flags if piece is pieces[-1] else 0, stream, piece) for piece in pieces)


def rest(stream: int) -> bytes:
    return data(stream, packed(bytes(ANNOUNCED))[PART + 5 :], f.END_STREAM)


def held(peer: Peer) -> int:
    return peer.server._unended._total


@pytest.mark.parametrize("path", ["/test/Echo", "/test/Each"])
def test_the_call_that_waits_longest_gives_way(peer: Peer, path: str) -> None:
    streams = range(1, 2 * FIT + 2, 2)  # one more than fits
    with spoken(peer, *(part(each, said(path)) for each in streams)) as answers:
        assert status_of(answers, 1) is grpc.StatusCode.RESOURCE_EXHAUSTED
        eventually(lambda: UNENDED - PART < held(peer) <= UNENDED, "as much as was allowed")


def test_who_is_on_the_way_is_let_go_on_and_who_sends_nothing_is_not(peer: Peer) -> None:
    """The first to begin goes on now and then; the second says nothing more."""
    others = range(5, 2 * FIT + 4, 2)
    begun = [part(1), part(3), *(part(each) + data(1, b"\0") for each in others)]
    last = data(1, bytes(ANNOUNCED - PART - len(others)), f.END_STREAM)
    with spoken(peer, ROOM, *begun, last) as answers:
        assert status_of(answers, 3) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert status_of(answers, 1) is grpc.StatusCode.OK


def test_calls_of_every_connection_count(peer: Peer) -> None:
    streams = range(1, FIT + 2, 2)
    with spoken(peer, *(part(each) for each in streams)) as first:
        eventually(lambda: held(peer) > UNENDED // 3, "the half of one")
        with spoken(peer, *(part(each) for each in streams), part(2 * FIT + 1)) as second:
            assert status_of(first, 1) is grpc.StatusCode.RESOURCE_EXHAUSTED
            del second


def test_a_message_that_is_whole_is_held_until_its_request_ends(peer: Peer) -> None:
    whole = frame(f.HEADERS, f.END_HEADERS, 1, CALL) + data(1, packed(bytes(PART)))
    with spoken(peer, whole) as answers:
        eventually(lambda: held(peer) == PART + KEPT_BYTES, "a message that is held")
        del answers
    eventually(lambda: held(peer) == 0, "the end of the connection")


def test_messages_that_a_method_does_not_take_count_with_what_it_costs_to_keep_them(peer: Peer) -> None:
    """They are empty, and hold memory all the same."""
    count = 1000
    waits = frame(f.HEADERS, f.END_HEADERS, 1, CALL) + data(1, packed(b"") + packed(b""))
    with spoken(peer, waits) as answers:
        assert status_of(answers, 1) is grpc.StatusCode.INVALID_ARGUMENT
    stuck = said("/test/Each")
    settings = frame(
        f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 0})
    )  # it takes no answer, so the method waits
    with spoken(peer, settings, frame(f.HEADERS, f.END_HEADERS, 1, stuck), data(1, packed(b"") * count)) as answers:
        eventually(lambda: held(peer) >= (count - 2) * KEPT_BYTES, "messages that wait")
        del answers
    eventually(lambda: held(peer) == 0, "the end of the connection")


@pytest.mark.parametrize("end", ["reset", "close", "finish"])
def test_whatever_ends_gives_its_room_back(peer: Peer, end: str) -> None:
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + part(1) + part(3))
        eventually(lambda: held(peer) == 2 * (PART + 5), "two that are held")
        if end == "reset":
            connection.sendall(b"".join(number(f.RST_STREAM, each, f.CANCEL) for each in (1, 3)))
        elif end == "finish":
            connection.sendall(ROOM + rest(1) + rest(3))
            assert status_of(frames_of(connection), 1) is grpc.StatusCode.OK
        else:
            connection.shutdown(socket.SHUT_RDWR)
        eventually(lambda: held(peer) == 0, "nothing that is held")
