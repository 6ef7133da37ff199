"""The gRPC server's HTTP/2 as its peers see it: narrow windows, broken frames, and an end in good order."""

import asyncio
import gc
import socket
import struct
import tracemalloc
from collections.abc import Iterator

import grpc
import pytest

from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE, frame, number
from service.rpc.http2.headers import literal
from service.rpc.http2.messages import packed
from service.rpc.http2.settings import INITIAL_WINDOW_SIZE, packed_settings
from tests.http2_peers import CALL, CALLS, LIMIT, PATIENCE, Peer, frames_of, said, spoken, status_of, told


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.end()


@pytest.fixture
def channel(peer: Peer) -> Iterator[grpc.Channel]:
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", LIMIT)]
    with grpc.insecure_channel(f"127.0.0.1:{peer.port}", options=options) as channel:
        yield channel


@pytest.mark.parametrize("size", [0, 1, 100_000, LIMIT])
@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_messages_of_any_size_come_back(channel: grpc.Channel, size: int, compression: grpc.Compression) -> None:
    message = bytes(range(256)) * (size // 256) + b"a" * (size % 256)
    assert channel.unary_unary("/test/Echo")(message, timeout=PATIENCE, compression=compression) == message


def test_a_stream_goes_both_ways_at_once(channel: grpc.Channel) -> None:
    messages = [bytes([number]) * 50_000 for number in range(200)]
    assert list(channel.stream_stream("/test/Each")(iter(messages), timeout=PATIENCE)) == messages


def test_an_answer_waits_until_the_peer_takes_it(peer: Peer) -> None:
    """A window of three bytes, that is opened by three bytes each time."""
    body, answer = packed(b"a" * 20), b""
    settings = frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 3}))
    call = frame(f.HEADERS, f.END_HEADERS, 1, CALL) + frame(f.DATA, f.END_STREAM, 1, body)
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + settings + call)
        for kind, flags, stream, payload in frames_of(connection):
            if kind == f.DATA:
                assert len(payload) <= 3
                answer += payload
                connection.sendall(number(f.WINDOW_UPDATE, 1, len(payload)))
            if stream == 1 and flags & f.END_STREAM:
                break
    assert answer == body


STREAM_1 = frame(f.HEADERS, f.END_HEADERS, 1, CALL)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(f.DATA, 0, 1, b"a")], f.PROTOCOL_ERROR),
        ([frame(f.RST_STREAM, 0, 3, bytes(4))], f.PROTOCOL_ERROR),
        ([frame(f.HEADERS, f.END_HEADERS, 2, CALL)], f.PROTOCOL_ERROR),
        ([frame(f.HEADERS, f.END_HEADERS, 1, b"\xff\xff\xff\xff")], f.COMPRESSION_ERROR),
        ([frame(f.HEADERS, 0, 1, CALL), frame(f.PING, 0, 0, bytes(8))], f.PROTOCOL_ERROR),
        ([frame(f.CONTINUATION, 0, 1, CALL)], f.PROTOCOL_ERROR),
        ([STREAM_1, STREAM_1], f.PROTOCOL_ERROR),
        ([frame(f.PUSH_PROMISE, 0, 1)], f.PROTOCOL_ERROR),
        ([frame(f.PING, 0, 0, b"short")], f.FRAME_SIZE_ERROR),
        ([frame(f.SETTINGS, 0, 0, b"short")], f.FRAME_SIZE_ERROR),
        ([frame(f.SETTINGS, 0, 1)], f.PROTOCOL_ERROR),
        ([frame(f.SETTINGS, f.ACK, 0, bytes(6))], f.FRAME_SIZE_ERROR),
        ([frame(f.PING, 0, 1, bytes(8))], f.PROTOCOL_ERROR),
        ([STREAM_1, frame(f.DATA, f.PADDED, 1, b"\x05a")], f.PROTOCOL_ERROR),
        ([number(f.WINDOW_UPDATE, 0, 0)], f.PROTOCOL_ERROR),
        ([number(f.WINDOW_UPDATE, 0, 2**31 - 1)], f.FLOW_CONTROL_ERROR),
        ([STREAM_1, number(f.WINDOW_UPDATE, 1, 2**31 - 1)], f.FLOW_CONTROL_ERROR),
        ([frame(f.HEADERS, 0, 1, CALL), *([frame(f.CONTINUATION, 0, 1, b"\0" * 60_000)] * 2)], f.ENHANCE_YOUR_CALM),
        ([frame(f.SETTINGS, 0, 0)] * 20_000, f.ENHANCE_YOUR_CALM),
        ([STREAM_1, *([frame(f.DATA, 0, 1)] * 20_000)], f.ENHANCE_YOUR_CALM),
        ([frame(f.PRIORITY, 0, 1, bytes(5))] * 20_000, f.ENHANCE_YOUR_CALM),
    ],
)
def test_a_broken_peer_is_told_why_and_left(peer: Peer, frames: list[bytes], code: int) -> None:
    told = None
    try:
        with spoken(peer, *frames) as answers:
            for kind, _flags, _stream, payload in answers:
                if kind == f.GOAWAY:
                    told = struct.unpack(">I", payload[4:8])[0]
    except ConnectionError:  # it had already left, with our frames unread
        return
    assert told == code


def test_frames_of_a_kind_that_nobody_knows_are_let_pass(peer: Peer, channel: grpc.Channel) -> None:
    with spoken(peer, frame(99, 7, 5, b"?"), frame(f.PING, 0, 0, b"and then")) as answers:
        assert any(kind == f.PING and payload == b"and then" for kind, _flags, _stream, payload in answers)
    assert channel.unary_unary("/test/Echo")(b"a", timeout=PATIENCE) == b"a"


def test_the_end_waits_for_what_was_begun_and_takes_no_more(peer: Peer, channel: grpc.Channel) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=PATIENCE)
    assert peer.begun.wait(PATIENCE)
    ended = peer.run(peer.server.stop(PATIENCE))
    echo = channel.unary_unary("/test/Echo")
    while (status := echo.future(b"a", timeout=PATIENCE).code()) is grpc.StatusCode.OK:
        assert not ended.done()
    assert status is grpc.StatusCode.UNAVAILABLE
    assert not ended.done()
    peer.loop.call_soon_threadsafe(peer.go.set)
    assert call.result(PATIENCE) == b"a"
    ended.result(PATIENCE)


def test_what_takes_too_long_is_ended_with_the_server(peer: Peer, channel: grpc.Channel) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=PATIENCE)
    assert peer.begun.wait(PATIENCE)
    peer.run(peer.server.stop(0.1)).result(PATIENCE)
    assert peer.cancelled.is_set()
    assert call.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("end", ["cancel", "deadline", "connection"])
def test_a_method_is_cancelled_when_nobody_waits(peer: Peer, channel: grpc.Channel, end: str) -> None:
    call = channel.unary_unary("/test/Wait").future(b"a", timeout=0.3 if end == "deadline" else PATIENCE)
    assert peer.begun.wait(PATIENCE)
    if end == "cancel":
        call.cancel()
    if end == "connection":
        channel.close()
    assert peer.cancelled.wait(PATIENCE)


def test_a_call_whose_headers_are_too_large_harms_no_other(peer: Peer, channel: grpc.Channel) -> None:
    waiting = channel.unary_unary("/test/Wait").future(b"a", timeout=PATIENCE)
    assert peer.begun.wait(PATIENCE)
    large = channel.unary_unary("/test/Echo").future(b"a", timeout=PATIENCE, metadata=(("x-a", "a" * 30_000),))
    assert large.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    peer.loop.call_soon_threadsafe(peer.go.set)
    assert waiting.result(PATIENCE) == b"a"


def test_a_method_that_does_not_heed_its_deadline_is_answered_for(peer: Peer) -> None:
    call = frame(f.HEADERS, f.END_HEADERS, 1, said("/test/Stay", grpc_timeout="1m"))
    with spoken(peer, call, frame(f.DATA, f.END_STREAM, 1, packed(b"a"))) as answers:
        assert status_of(answers, 1) is grpc.StatusCode.DEADLINE_EXCEEDED
    peer.loop.call_soon_threadsafe(peer.go.set)


def test_a_method_that_takes_one_message_is_told_of_no_more(peer: Peer) -> None:
    with spoken(peer, STREAM_1, frame(f.DATA, 0, 1, packed(b"a") * 2)) as answers:
        assert status_of(answers, 1) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_method_that_fails_ends_its_call_and_no_other(channel: grpc.Channel) -> None:
    assert channel.unary_unary("/test/Fail").future(b"a", timeout=PATIENCE).code() is grpc.StatusCode.INTERNAL
    assert channel.unary_unary("/test/Echo")(b"a", timeout=PATIENCE) == b"a"


def test_whoever_asks_and_never_reads_is_left(peer: Peer) -> None:
    """Each of these calls has an answer of four kilobytes at once."""
    block = said("/test/Echo", grpc_encoding="~" * 4000)
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE)
        calls = (frame(f.HEADERS, f.END_HEADERS | f.END_STREAM, stream, block) for stream in range(1, 100_000, 2))
        with pytest.raises(ConnectionError):
            connection.sendall(b"".join(calls))


def test_calls_given_up_before_their_answers_could_go_leave_nothing_behind(peer: Peer) -> None:
    calls = [
        frame(f.HEADERS, f.END_HEADERS, stream, CALL) + frame(f.DATA, f.END_STREAM, stream, packed(b"a"))
        for stream in range(1, 201, 2)
    ]
    waits = frame(f.PING, 0, 0, b"answered")
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 0})))
        answers = frames_of(connection)
        for asked in (b"".join(calls), b"", b"".join(number(f.RST_STREAM, each, 8) for each in range(1, 201, 2)), b""):
            connection.sendall(asked + waits)
            assert any(kind == f.PING for kind, *_ in answers)
        gc.collect()
        waiting = [each for each in gc.get_objects() if isinstance(each, asyncio.Future) and not each.done()]
        assert len([each for each in waiting if each.get_loop() is peer.loop]) < 10
        gone = [each for each in gc.get_objects() if isinstance(each, asyncio.Future) and each.cancelled()]
        assert len([each for each in gone if each.get_loop() is peer.loop]) < 50


def test_a_peer_that_has_vanished_is_found_out(peer: Peer) -> None:
    with spoken(peer, frame(f.PING, 0, 0, b"answered")) as answers:
        assert any(kind == f.PING for kind, *_ in answers)
        (connection,) = peer.server._connections
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize("changed", [{"content_type": "application/json"}, {":method": "GET"}])
def test_a_request_that_is_no_grpc_is_told_so(peer: Peer, changed: dict[str, str]) -> None:
    foreign = frame(f.HEADERS, f.END_HEADERS | f.END_STREAM, 1, said("/test/Echo", **changed))
    with spoken(peer, foreign, frame(f.PING, 0, 0, b"and then")) as answers:
        assert told(answers, 1) == {":status": "415"}
        assert any(kind == f.PING for kind, *_ in answers)


def test_a_window_that_becomes_negative_is_filled_before_more_is_sent(peer: Peer) -> None:
    """Ten bytes of an answer have gone when the peer takes back what it allowed: its next sixteen pay that back."""
    body = packed(bytes(range(20)))
    narrow, none = (frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: size})) for size in (10, 0))
    asked = STREAM_1 + frame(f.DATA, f.END_STREAM, 1, body)
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + narrow + asked)
        answers = frames_of(connection)
        data = (payload for kind, _, _, payload in answers if kind == f.DATA)
        answer = b""
        while len(answer) < 10:
            answer += next(data)
        connection.sendall(none + number(f.WINDOW_UPDATE, 1, 9) + frame(f.PING, 0, 0, b"nothing?"))
        for kind, _, _, payload in answers:
            assert kind != f.DATA
            if kind == f.PING and payload == b"nothing?":
                break
        connection.sendall(number(f.WINDOW_UPDATE, 1, 7))
        more = next(data)
        assert (len(answer), len(more)) == (10, 6)
        connection.sendall(number(f.WINDOW_UPDATE, 1, 100))
        assert answer + more + next(data) == body


def test_a_request_is_the_same_however_it_is_cut(peer: Peer) -> None:
    """Each byte by itself: of frames with padding and priority, a block in two frames, an empty frame, and trailers."""
    block, body = said("/test/Echo"), packed(b"in many pieces")
    sent = (
        frame(f.HEADERS, f.PADDED | f.WITH_PRIORITY, 1, b"\x03" + bytes(5) + block[:20] + bytes(3))
        + frame(f.CONTINUATION, f.END_HEADERS, 1, block[20:])
        + frame(f.DATA, f.PADDED, 1, b"\x02" + body[:3] + bytes(2))
        + frame(f.DATA, 0, 1)
        + b"".join(frame(f.DATA, 0, 1, body[place : place + 1]) for place in range(3, len(body)))
        + frame(f.HEADERS, f.END_HEADERS | f.END_STREAM, 1, literal("x-after", "all"))
    )
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in PREFACE + sent:
            connection.sendall(bytes([byte]))
        assert next(payload for kind, _, _, payload in frames_of(connection) if kind == f.DATA) == body


def test_calls_given_up_make_room_for_others_at_once(peer: Peer) -> None:
    """Their methods have not heard of it yet when the others come."""
    places = range(1, 2 * CALLS, 2)
    waits = [frame(f.HEADERS, f.END_HEADERS, each, said("/test/Wait")) for each in places]
    waits += [frame(f.DATA, f.END_STREAM, each, packed(b"a")) for each in places]
    given_up = [number(f.RST_STREAM, each, f.CANCEL) for each in places]
    asked = [frame(f.HEADERS, f.END_HEADERS, each + 2 * CALLS, CALL) for each in places]
    asked += [frame(f.DATA, f.END_STREAM, each + 2 * CALLS, packed(b"b")) for each in places]
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + b"".join(waits))
        assert peer.begun.wait(PATIENCE)
        connection.sendall(b"".join(given_up + asked))
        answers = frames_of(connection)
        assert all(status_of(answers, each + 2 * CALLS) is grpc.StatusCode.OK for each in places)


def test_no_more_calls_are_begun_than_were_allowed(peer: Peer) -> None:
    waits = [frame(f.HEADERS, f.END_HEADERS, each, said("/test/Wait")) for each in range(1, 2 * CALLS + 2, 2)]
    with spoken(peer, *waits) as answers:
        refused = next(each for each in answers if each[0] == f.RST_STREAM)
    assert refused == (f.RST_STREAM, 0, 2 * CALLS + 1, struct.pack(">I", f.REFUSED_STREAM))


def test_an_answer_that_waits_is_there_once(peer: Peer) -> None:
    """A method answers with the very bytes that it was asked with, and nobody takes them."""
    message = packed(bytes(LIMIT))
    with socket.create_connection(("127.0.0.1", peer.port), timeout=PATIENCE) as connection:
        connection.sendall(PREFACE + frame(f.SETTINGS, 0, 0, packed_settings({INITIAL_WINDOW_SIZE: 1})))
        answers = frames_of(connection)
        tracemalloc.start()
        try:
            connection.sendall(STREAM_1)
            for at in range(0, len(message), f.LARGEST_FRAME):
                piece = message[at : at + f.LARGEST_FRAME]
                last = f.END_STREAM if at + len(piece) == len(message) else 0
                connection.sendall(frame(f.DATA, last, 1, piece))
            assert any(kind == f.DATA for kind, *_ in answers)
            connection.sendall(frame(f.PING, 0, 0, b"and then"))
            assert any(kind == f.PING for kind, *_ in answers)
            assert tracemalloc.get_traced_memory()[0] < 1.5 * LIMIT
        finally:
            tracemalloc.stop()
