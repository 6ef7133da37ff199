"""Rows 1 to 7: bodies that broke other servers."""

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from tests.contract.rest.test_problems import problem
from tests.e2e.hostile.conftest import HEADROOM, HOST, INFER, LIMIT, SCALE, Victim, memory_is_flat
from tests.protocol import CASES, binary, body, tensor

pytestmark = pytest.mark.e2e

DEPTH = 100_000
POST = b"POST " + INFER.encode() + b" HTTP/1.1\r\n" + HOST
JSON = {"Content-Type": "application/json"}
LENGTH = "Inference-Header-Content-Length"


def in_pieces(victim: Victim, pieces: int) -> tuple[bytes, int]:
    """Send a body byte by byte: what is answered, and how many bytes were sent by then."""
    answers: list[bytes] = []
    sent = 0
    with socket.create_connection(victim.address, timeout=60) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        reader = threading.Thread(target=lambda: answers.append(connection.recv(65536)))
        reader.start()
        with suppress(OSError):  # it has closed, and wants no more
            while sent < pieces and not answers:
                connection.sendall(b"1\r\n \r\n" * 1000)
                sent += 1000
        reader.join()
    return answers[0], sent


def test_row_1_a_million_chunks_of_one_byte_are_refused_before_their_end(victim: Victim) -> None:
    answer, sent = in_pieces(victim, 1_000_000)
    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 413"}
    assert sent < 1_000_000


def padded(size: int) -> bytes:
    content = body()
    return content + b" " * (size - len(content))


def chunked(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


@pytest.mark.parametrize("announced", [True, False])
def test_row_2_the_limit_passes_and_one_byte_more_does_not(victim: Victim, announced: bool) -> None:
    for size, status in ((LIMIT, 200), (LIMIT + 1, 413)):
        content = padded(size)
        answer = victim.http.post(INFER, content=content if announced else chunked(content))
        assert answer.status_code == status
    announcing = POST + b"Content-Length: 1000000000000000000\r\n\r\n{}"
    assert victim.raw(announcing).startswith(b"HTTP/1.1 413")


@cache
def bombs() -> dict[str, tuple[str, bytes, int]]:
    megabytes = 100 * SCALE
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    large = b"".join(deflater.compress(b" " * (1 << 20)) for _ in range(megabytes)) + deflater.flush()
    return {
        "gzip": ("gzip", large, 413),
        "deflate": ("deflate", zlib.compress(b" " * 50_000_000), 413),
        "nested": ("gzip", gzip.compress(gzip.compress(large)), 400),
        "gzip as deflate": ("deflate", large, 400),
        "two codings": ("gzip, gzip", gzip.compress(large), 415),
        "many streams": ("gzip", gzip.compress(b"{}") * 10_000, 400),
    }


@pytest.mark.parametrize("name", bombs())
@pytest.mark.parametrize("path", [INFER, "/v2/repository/index"])
def test_row_3_a_bomb_is_refused_in_little_memory(victim: Victim, name: str, path: str) -> None:
    encoding, content, status = bombs()[name]
    before = victim.memory()
    victim.forget_peak()
    answer = victim.http.post(path, content=content, headers={"Content-Encoding": encoding})
    assert answer.status_code in {status, 413}, answer.text
    assert victim.memory("VmHWM") - before < LIMIT + HEADROOM


DEEP = b"[" * DEPTH + b"]" * DEPTH
HOLE = '"hole"'


def deep(value: Any) -> bytes:
    return json.dumps(value).encode().replace(HOLE.encode(), DEEP)


V2_FIELDS: dict[str, Any] = {
    **{name: {"inputs": [tensor()], name: "hole"} for name in ("id", "parameters", "outputs", "inputs", "unknown")},
    **{f"input {name}": {"inputs": [tensor(**{name: "hole"})]} for name in ("name", "shape", "datatype", "data")},
    "parameters of the request": {"inputs": [tensor()], "parameters": {"x": "hole"}},
    "parameters of an input": {"inputs": [tensor(parameters={"x": "hole"})]},
    "parameters of an output": {"inputs": [tensor()], "outputs": [{"name": "label", "parameters": {"x": "hole"}}]},
}
V1_FIELDS: dict[tuple[str, str], Any] = {
    ("POST", "/v1/training-jobs"): {"model": "m", "dataset": "gestures", "network": "hole"},
    ("POST", "/v1/models/gestures:predict"): {"series": "hole"},
    ("PATCH", "/v1/models/gestures"): {"tags": {"x": "hole"}},
    ("PUT", "/v1/models/gestures/aliases/deep"): {"version": "hole"},
}


@pytest.mark.parametrize("field", V2_FIELDS)
def test_row_4_depth_in_any_field_is_a_bad_request(victim: Victim, field: str) -> None:
    problem(victim.http.post(INFER, content=deep(V2_FIELDS[field])), 400)


@pytest.mark.parametrize(("method", "path"), V1_FIELDS)
def test_row_4_depth_is_never_stored(victim: Victim, method: str, path: str) -> None:
    before = victim.http.get("/v1/models/gestures").json(), victim.http.get("/v1/training-jobs").json()
    answer = victim.http.request(method, path, content=deep(V1_FIELDS[method, path]), headers=JSON)
    assert answer.status_code in {400, 413}, answer.text
    assert before == (victim.http.get("/v1/models/gestures").json(), victim.http.get("/v1/training-jobs").json())


SHAPES = [
    [2**62, 4],
    [2**62, 4, 1],
    [-1, -1],
    [-1, 2, 12],
    [0],
    [0, 2, 12],
    [2**32, 2**32, 12],
    [2**63, 1, 1],
    [1e3],
    [],
]
SIZES = [2**63, 2**64, -1, -(2**63), 0, 4, 287, 289, 1.5, "288", True, None, [288]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_row_5_a_shape_that_is_none_is_a_bad_request(victim: Victim, shape: list[Any]) -> None:
    problem(victim.http.post(INFER, content=body(inputs=[tensor(shape=shape)])), 400)
    content, headers = binary(CASES)
    told = json.dumps(list(CASES.shape)).encode()
    head = content[: int(headers[LENGTH])].replace(told, json.dumps(shape).encode())
    problem(victim.http.post(INFER, content=head + CASES.tobytes(), headers={LENGTH: str(len(head))}), 400)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_row_5_a_binary_size_that_is_none_is_a_bad_request(victim: Victim, size: Any) -> None:
    entry = {"name": "series", "shape": [3, 2, 12], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [entry]}).encode()
    problem(victim.http.post(INFER, content=head + CASES.tobytes(), headers={LENGTH: str(len(head))}), 400)


LENGTHS = ["-1", "+5", "1" + "0" * 30, "99999", "", "x", "0x10", "5.0", "5 5", "\u0665"]


@pytest.mark.parametrize("length", LENGTHS)
def test_row_6_a_header_length_that_is_none_is_a_bad_request(victim: Victim, length: str) -> None:
    content, _ = binary()
    problem(victim.http.post(INFER, content=content, headers={LENGTH: length.encode()}), 400)


def test_row_6_a_header_length_that_comes_twice_is_a_bad_request(victim: Victim) -> None:
    content, headers = binary()
    problem(victim.http.post(INFER, content=content, headers=[*headers.items(), *headers.items()]), 400)


OUTPUTS = {
    "many": [{"name": f"o{number}"} for number in range(30_000)],
    "many of one": [{"name": "label"}] * 30_000,
    "twice": [{"name": "label"}, {"name": "label"}],
    "unknown": [{"name": "x"}],
}


@pytest.mark.parametrize("outputs", OUTPUTS)
def test_row_7_outputs_without_end_or_twice_are_a_bad_request(victim: Victim, outputs: str) -> None:
    problem(victim.http.post(INFER, content=body(outputs=OUTPUTS[outputs])), 400)


@pytest.mark.parametrize("row", ["1", "2", "3"])
def test_rows_1_to_3_leave_nothing_in_memory(victim: Victim, row: str) -> None:
    bomb = zlib.compress(b" " * 4 * LIMIT)
    attacks: dict[str, Callable[[], object]] = {
        "1": lambda: in_pieces(victim, 1_000_000),
        "2": lambda: victim.http.post(INFER, content=chunked(padded(LIMIT + 1))),
        "3": lambda: victim.http.post(INFER, content=bomb, headers={"Content-Encoding": "deflate"}),
    }
    memory_is_flat(victim, attacks[row])


@pytest.mark.parametrize("row", ["4", "5", "6", "7"])
def test_rows_4_to_7_leave_nothing_in_memory(victim: Victim, row: str) -> None:
    attacks: dict[str, tuple[bytes, dict[str, str]]] = {
        "4": (deep(V2_FIELDS["parameters"]), {}),
        "5": (body(inputs=[tensor(shape=SHAPES[0])]), {}),
        "6": (binary()[0], {LENGTH: "-1"}),
        "7": (body(outputs=OUTPUTS["twice"]), {}),
    }
    content, headers = attacks[row]
    memory_is_flat(victim, lambda: victim.http.post(INFER, content=content, headers=headers))
