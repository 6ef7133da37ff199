"""Requests of the Open Inference Protocol that are none: each is refused, and nothing is computed."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from service.edge.extent import MOST_PARTS, MOST_VALUES
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem
from tests.protocol import CASES, INFER, binary, body, tensor

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no json": b"hello",
    "no inputs": b"{}",
    "empty inputs": b'{"inputs": []}',
    "inputs no list": b'{"inputs": {}}',
    "deep data": b'{"inputs": [{"name": "series", "shape": [1], "datatype": "FP32", "data": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}]}",
    "deep parameters": body(parameters={"x": json.loads("[" * 200 + "]" * 200)}),
    "unknown datatype": body(inputs=[tensor(datatype="FP128")]),
    "other name": body(inputs=[tensor(name="x")]),
    "twice": body(inputs=[tensor(), tensor()]),
    "shape too small": body(inputs=[tensor(shape=[3, 2, 11])]),
    "shape negative": body(inputs=[tensor(shape=[-1, -1, 12])]),
    "shape zero": body(inputs=[tensor(shape=[0, 2, 12], data=[])]),
    "shape huge": body(inputs=[tensor(shape=[2**62, 4, 1])]),
    "shape wraps": body(inputs=[tensor(shape=[2**32, 2**32, 12])]),
    "shape of text": body(inputs=[tensor(shape=["3", 2, 12])]),
    "wrong rank": body(inputs=[tensor(shape=[72])]),
    "wrong channels": body(inputs=[tensor(houses.cases(1, channels=3))]),
    "text": body(inputs=[tensor(data=["1"] * 72)]),
    "bools": body(inputs=[tensor(data=[True] * 72)]),
    "ragged": body(inputs=[tensor(data=[[1, 2], [3]])]),
    "too large": body(inputs=[tensor(data=[1e300] * 72)]),
    "fp16 in json": body(inputs=[tensor(datatype="FP16")]),
    "bytes": body(inputs=[tensor(datatype="BYTES", data=["a"] * 72)]),
    "no data": body(inputs=[{"name": "series", "shape": [3, 2, 12], "datatype": "FP32"}]),
    "unknown output": body(outputs=[{"name": "x"}]),
    "output twice": body(outputs=[{"name": "label"}, {"name": "label"}]),
    "many outputs": body(outputs=[{"name": f"o{n}"} for n in range(100_000)]),
    "timeout of text": body(parameters={"timeout": "soon"}),
    "classes of a label": body(outputs=[{"name": "label", "parameters": {"classification": 1}}]),
    "no classes": body(outputs=[{"name": "probabilities", "parameters": {"classification": 0}}]),
    "an input elsewhere": body(inputs=[tensor(parameters={"shared_memory_region": "r"})]),
    "an input elsewhere alone": body(inputs=[tensor(parameters={"shared_memory_region": "r"}, data=None)]),
    "an output elsewhere": body(outputs=[{"name": "label", "parameters": {"shared_memory_region": "r"}}]),
    "data twice": body().replace(b'"data":', b'"data": [1], "data":'),
    "nested data twice": body(inputs=[tensor(data=CASES.tolist())]).replace(b'"data":', b'"data": [1], "data":'),
    "shape twice": body().replace(b'"shape":', b'"shape": [1], "shape":'),
    "a parameter twice": body(parameters={"timeout": 0}).replace(b'"timeout":', b'"timeout": 1, "timeout":'),
    "an id twice": body(id="a")[:-1] + b', "id": "b"}',
    "size without tail": body(inputs=[tensor(parameters={"binary_data_size": 4}, data=None)]),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed_is_a_bad_request(client: Caller, case: str) -> None:
    problem(client.post(INFER, content=MALFORMED[case]), 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("length", ["-1", "+5", "1" + "0" * 30, "99999", "", "x", "0x10", " 5 5"])
def test_a_wrong_header_length_is_a_bad_request(client: Caller, length: str) -> None:
    content, _ = binary()
    problem(client.post(INFER, content=content, headers={"Inference-Header-Content-Length": length}), 400)


def test_two_header_lengths_are_a_bad_request(client: Caller) -> None:
    content, headers = binary()
    twice = [*headers.items(), *headers.items()]
    problem(client.post(INFER, content=content, headers=twice), 400)


@pytest.mark.parametrize("size", [2**63, -4, 4, 287, 289, "288", True])
def test_a_wrong_binary_size_is_a_bad_request(client: Caller, size: Any) -> None:
    entry = {"name": "series", "shape": [3, 2, 12], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [entry]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    problem(client.post(INFER, content=head + CASES.tobytes(), headers=headers), 400)


@pytest.mark.parametrize("value", [[1], {}, {"bool": 1}])
def test_a_parameter_that_is_none_is_told_once_and_at_its_place(client: Caller, value: object) -> None:
    told = problem(client.post(INFER, content=body(parameters={"x": value})), 400)
    assert told["errors"] == [
        {"pointer": "/parameters/x", "detail": "Input should be true, false, a number or a text."}
    ]


def test_a_member_that_is_named_twice_before_binary_tensors_is_a_bad_request(client: Caller) -> None:
    content, headers = binary(id="a")
    length = int(headers["Inference-Header-Content-Length"])
    head = content[:length].replace(b'"id":', b'"id": "b", "id":')
    answer = client.post(
        INFER, content=head + content[length:], headers={"Inference-Header-Content-Length": str(len(head))}
    )
    assert "names 'id' twice" in problem(answer, 400)["detail"]


MANY = {
    "lists": b"[0]," * MOST_PARTS + b"[0]",
    "objects": b"{}," * MOST_PARTS + b"{}",
    "members": b"{" + b'"a":0,' * MOST_PARTS + b'"b":0}',
    "texts": b'"",' * MOST_PARTS + b'""',
    "numbers": b"0," * (MOST_VALUES + 1) + b"0",
}


@pytest.mark.parametrize("path", [INFER, "/v1/models/gestures:predict"])
@pytest.mark.parametrize("many", MANY)
def test_json_that_nobody_else_could_wait_for_is_too_large(client: Caller, path: str, many: str) -> None:
    content = b'{"inputs": [' + MANY[many] + b"]}"
    answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert "binary tensors" in problem(answer, 413)["detail"]


def test_bytes_behind_the_last_tensor_are_a_bad_request(client: Caller) -> None:
    content, headers = binary()
    problem(client.post(INFER, content=content + b"x", headers=headers), 400)


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000)
    with houses.house_in(tmp_path, max_body_bytes=1 << 20) as house, calling(application(house.edge)) as caller:
        for encoding, content in {"gzip": bomb, "deflate": zlib.compress(b" " * 50_000_000)}.items():
            problem(caller.post(INFER, content=content, headers={"Content-Encoding": encoding}), 413)


def test_two_headers_of_codings_are_a_list_of_two(client: Caller) -> None:
    twice = [("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]
    problem(client.post(INFER, content=gzip.compress(body()), headers=twice), 415)
    assert client.post(INFER, content=body(), headers={"Content-Encoding": ""}).status_code == 200


@pytest.mark.parametrize(
    ("encoding", "content", "status"),
    [
        ("gzip", b"no gzip", 400),
        ("deflate", gzip.compress(b"{}"), 400),
        ("gzip", gzip.compress(body())[:-9], 400),
        ("gzip", gzip.compress(gzip.compress(body())), 400),
        ("gzip", gzip.compress(body()) + b"more", 400),
        ("br", body(), 415),
    ],
    ids=["not compressed", "another encoding", "cut off", "twice", "with more behind", "unknown"],
)
def test_a_wrong_content_encoding_is_refused(client: Caller, encoding: str, content: bytes, status: int) -> None:
    problem(client.post(INFER, content=content, headers={"Content-Encoding": encoding}), status)
