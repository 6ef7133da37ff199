"""The parts of the gRPC server's HTTP/2: however bytes are cut, they mean the same; and what cannot be is refused."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from service.rpc.codes import StatusCode
from service.rpc.http2 import frames as f
from service.rpc.http2.frames import PREFACE, Broken, Splitter, frame, unpadded
from service.rpc.http2.headers import LARGEST_LIST, LARGEST_SENTENCE, HeadReader, ending, literal
from service.rpc.http2.messages import Messages, Refused, packed
from service.rpc.http2.settings import INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, packed_settings, read_settings

CALL = {":method": "POST", ":scheme": "http", ":path": "/a.B/C", "te": "trailers", "content-type": "application/grpc"}
LIMIT = 100

lists = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=40)))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes cut at these places, and an empty piece perhaps."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


@given(frames=lists, cuts=st.lists(st.integers(0, 10_000), max_size=20))
def test_frames_are_the_same_however_they_arrive(frames: list[f.Frame], cuts: list[int]) -> None:
    splitter = Splitter()
    sent = PREFACE + b"".join(frame(*each) for each in frames)
    assert [each for piece in pieces(sent, cuts) for each in splitter.split(piece)] == frames


@pytest.mark.parametrize("hello", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\nXX"])
def test_what_is_no_http2_is_broken_at_once(hello: bytes) -> None:
    with pytest.raises(Broken):
        list(Splitter().split(hello))


def test_a_frame_that_is_too_large_is_broken_before_it_is_whole() -> None:
    with pytest.raises(Broken) as broken:
        list(Splitter().split(PREFACE + f.head(f.DATA, 0, 1, f.LARGEST_FRAME + 1)))
    assert broken.value.code == f.FRAME_SIZE_ERROR


@given(content=st.binary(max_size=40), padding=st.integers(0, 255))
def test_padding_is_taken_off(content: bytes, padding: int) -> None:
    assert unpadded(f.PADDED, bytes([padding]) + content + bytes(padding)) == content


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x03ab"])
def test_padding_longer_than_its_frame_is_broken(payload: bytes) -> None:
    with pytest.raises(Broken):
        unpadded(f.PADDED, payload)


values = st.text("abcde", max_size=40)


@given(
    calls=st.lists(st.dictionaries(st.sampled_from(["x-a", "x-b", "x-c"]), values), max_size=12),
    sizes=st.lists(st.sampled_from([0, 64, 200, 4096]), max_size=12),
)
def test_what_is_remembered_of_heads_is_what_they_say(calls: list[dict[str, str]], sizes: list[int]) -> None:
    """Blocks refer to a table that earlier ones have changed, and whose size the client changes as it likes."""
    encoder, reader = Encoder(), HeadReader()
    for place, metadata in enumerate(calls):
        if place < len(sizes):
            encoder.header_table_size = sizes[place]
        for _ in range(2):
            head = reader.read(encoder.encode({**CALL, **metadata}.items()))
            assert head.fault is None
            assert {name: value for name, value in head.metadata.items() if name.startswith("x-")} == metadata


@pytest.mark.parametrize(
    "changed",
    [
        {":method": "GET"},
        {":path": None},
        {"content-type": "text/plain"},
        {"content-type": None},
        {"content-type": "application/grpc-web"},
        {"grpc-timeout": "soon"},
        {"grpc-timeout": "123456789S"},
        {"X-Upper": "a"},
    ],
)
def test_a_head_that_is_no_call_has_a_fault(changed: dict[str, str | None]) -> None:
    fields = {name: value for name, value in {**CALL, **changed}.items() if value is not None}
    assert HeadReader().read(Encoder().encode(fields.items())).fault


@pytest.mark.parametrize(("said", "seconds"), [("1H", 3600), ("2M", 120), ("30S", 30), ("5m", 0.005), ("7u", 7e-6)])
def test_a_timeout_is_in_its_unit(said: str, seconds: float) -> None:
    head = HeadReader().read(Encoder().encode({**CALL, "grpc-timeout": said}.items()))
    assert head.timeout == pytest.approx(seconds)


@pytest.mark.parametrize(
    "block", [b"\xff\xff\xff\xff\xff\xff", b"\xbf", b"\x40\x7f", b"\x00\x05ab", b"\x3f\xe1\xff\x03"]
)
def test_a_block_that_cannot_be_read_is_broken(block: bytes) -> None:
    with pytest.raises(Broken):
        HeadReader().read(block)


def test_headers_beyond_their_bound_are_broken() -> None:
    encoder = Encoder()
    block = encoder.encode([("x-a", "a" * 2000)]) + encoder.encode([("x-a", "a" * 2000)]) * 1000
    with pytest.raises(Broken):
        HeadReader().read(block)


@given(st.text(max_size=300))
def test_a_status_says_its_message_in_plain_ascii(message: str) -> None:
    said = dict(Decoder().decode(ending(StatusCode.NOT_FOUND, message, (("x-request-id", "a-1"),)), raw=True))
    assert said[b"grpc-status"] == b"5"
    assert said[b"x-request-id"] == b"a-1"
    assert all(0x20 <= byte <= 0x7E for byte in said.get(b"grpc-message", b""))


@given(st.integers(0, 5000))
def test_a_literal_is_read_as_it_was_written(length: int) -> None:
    assert list(Decoder().decode(literal("x-a", "b" * length))) == [("x-a", "b" * length)]


@given(messages=st.lists(st.binary(max_size=LIMIT)), cuts=st.lists(st.integers(0, 10_000), max_size=20))
def test_messages_are_the_same_however_they_arrive(messages: list[bytes], cuts: list[int]) -> None:
    found = Messages(LIMIT, "identity")
    for piece in pieces(b"".join(map(packed, messages)), cuts):
        found.put(piece)
    assert [found.take() for _ in range(len(found))] == messages
    assert not found.partial


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_messages_are_unpacked_within_the_limit(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    found = Messages(LIMIT, encoding)
    found.put(b"\1" + packed(pack(b"a" * LIMIT))[1:])
    assert found.take() == b"a" * LIMIT
    found.put(b"\1" + packed(pack(b"a" * (LIMIT + 1)))[1:])
    with pytest.raises(Refused) as refused:
        found.take()
    assert refused.value.status is StatusCode.RESOURCE_EXHAUSTED
    for broken in (b"abc", pack(b"a")[:-1], pack(b"a") + b"b"):
        found.put(b"\1" + packed(broken)[1:])
        with pytest.raises(Refused) as refused:
            found.take()
        assert refused.value.status is StatusCode.INTERNAL


def test_a_message_that_announces_too_much_is_refused_before_it_comes() -> None:
    with pytest.raises(Refused) as refused:
        Messages(LIMIT, "identity").put(packed(b"a" * (LIMIT + 1))[:5])
    assert refused.value.status is StatusCode.RESOURCE_EXHAUSTED


def test_a_compressed_message_without_an_encoding_is_refused() -> None:
    found = Messages(LIMIT, "identity")
    found.put(b"\1" + packed(b"a")[1:])
    with pytest.raises(Refused):
        found.take()


@pytest.mark.parametrize(
    "payload",
    [
        b"abc",
        packed_settings({2: 2}),
        packed_settings({INITIAL_WINDOW_SIZE: 2**31}),
        packed_settings({MAX_FRAME_SIZE: 1}),
    ],
)
def test_settings_that_cannot_be_are_broken(payload: bytes) -> None:
    with pytest.raises(Broken):
        read_settings(payload)


def test_what_waits_compressed_is_not_unpacked() -> None:
    found = Messages(1 << 20, "gzip")
    bomb = b"\1" + packed(gzip.compress(bytes(1 << 20)))[1:]
    tracemalloc.start()
    try:
        for _ in range(64):
            found.put(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert found.take() == bytes(1 << 20)


def test_headers_beyond_their_bound_are_read_and_told_of() -> None:
    encoder, reader = Encoder(), HeadReader()
    for said, large in [("a", False), ("b" * LARGEST_LIST, True), ("b" * LARGEST_LIST, True), ("a", False)]:
        head = reader.read(encoder.encode({**CALL, "x-a": said, "x-b": "b"}.items()))
        assert (head.metadata["x-a"], head.metadata["x-b"], head.large) == (said, "b", large)


@given(st.text(max_size=50), st.integers(1, 4000))
def test_a_sentence_fits_into_trailers(message: str, times: int) -> None:
    said = dict(Decoder(1 << 20).decode(ending(StatusCode.NOT_FOUND, message * times, ())))
    told = unquote(said.get("grpc-message", ""))
    assert len(said.get("grpc-message", "")) <= LARGEST_SENTENCE
    assert (message * times).startswith(told)
    assert bool(told) == bool(message)
