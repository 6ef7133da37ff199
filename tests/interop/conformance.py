"""Every client x method x encoding as one table of checks: the tests assert each, and the page shows them all.

A check raises what the client raises, or an AssertionError; what is not offered must be refused, and say so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from service.ephemeral import Running
from tests import houses
from tests.interop.triton_clients import CLIENTS, GRPC, HTTP, Ask, ClientFailed, Triton

CASES = houses.cases(3)
WHOLE = np.abs(np.round(CASES * 4))
DATATYPES: dict[str, Any] = {
    "FP32": np.float32,
    "FP64": np.float64,
    "FP16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
}
BINARY_ONLY = frozenset({"FP16", "BF16"})
NO_NUMBERS: dict[str, Any] = {"BOOL": CASES > 0, "BYTES": CASES.astype(str).astype(object)}
NO_SUCH_CALL = r"no such route|UNIMPLEMENTED"
COMPRESSIONS = (None, "gzip", "deflate")
ENCODINGS = tuple((client, binary) for client in HTTP for binary in (False, True)) + tuple((c, True) for c in GRPC)
"""gRPC clients always send raw bytes."""


@dataclass(frozen=True)
class Cell:
    """One client calling one method, in one encoding where the method has any."""

    method: str
    client: str
    binary: bool = True
    compression: str | None = None
    datatype: str = ""

    @property
    def name(self) -> str:
        """How a test is called that asserts it."""
        way = [self.datatype, "binary" if self.binary else "json", self.compression or "plain"] if self.datatype else []
        return "-".join([self.method, self.client, *way])


class Calls:
    """One client against one service."""

    def __init__(self, running: Running, clients: Triton, cell: Cell) -> None:
        self._clients = clients
        self._client = cell.client
        self._url = running.grpc if cell.client in GRPC else running.rest.removeprefix("http://")
        self.cell = cell

    def __call__(self, method: str, *args: Any, **options: Any) -> Any:
        return self._clients(self._client, self._url, method, *args, **options)

    def refuses(self, reason: str, method: str, *args: Any, **options: Any) -> None:
        with pytest.raises(ClientFailed, match=reason):
            self(method, *args, **options)


def _infer(call: Calls) -> None:
    """The same answer whatever carries it, and BYTES and FP32 come back."""
    cell = call.cell
    values = WHOLE.astype(DATATYPES[cell.datatype])
    wanted = {"binary_data": cell.binary} if cell.client in HTTP else {}
    ask = Ask(
        "gestures",
        values,
        cell.datatype,
        binary=cell.binary,
        outputs={"probabilities": wanted, "label": wanted},
        compression=cell.compression,
        options={"request_id": "a-1"},
    )
    answer = call(cell.method, ask)
    expected = call("infer", Ask("gestures", WHOLE))["outputs"]
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("gestures", "2", "a-1")
    np.testing.assert_allclose(answer["outputs"]["probabilities"], expected["probabilities"], atol=1e-6)
    assert _texts(answer["outputs"]["label"]) == _texts(expected["label"])


def _texts(labels: np.ndarray) -> list[str]:
    """The clients leave texts from JSON as they are, and binary ones as bytes."""
    return [label.decode() if isinstance(label, bytes) else str(label) for label in labels]


def _refuses_what_is_no_number(call: Calls) -> None:
    cell = call.cell
    ask = Ask("gestures", NO_NUMBERS[cell.datatype], cell.datatype, binary=cell.binary, compression=cell.compression)
    call.refuses("numbers", "infer", ask)


def _stream(call: Calls) -> None:
    first, failed, last = call("stream", [Ask("gestures", CASES), Ask("no-such", CASES), Ask("gestures", CASES[:1])])
    assert first["outputs"]["probabilities"].shape == (3, 2)
    assert "no model" in failed
    assert last["outputs"]["probabilities"].shape == (1, 2)


def _model_is_ready(call: Calls) -> None:
    assert call("is_model_ready", "gestures")
    assert call("is_model_ready", "gestures", "1")
    assert not call("is_model_ready", "gestures", "9")
    assert not call("is_model_ready", "no-such")


def _server_metadata(call: Calls) -> None:
    metadata = call("get_server_metadata")
    assert metadata["name"] == "wavetap"
    assert "binary_tensor_data" in metadata["extensions"]


def _model_metadata(call: Calls) -> None:
    metadata = call("get_model_metadata", "gestures")
    assert sorted(metadata["versions"]) == ["1", "2"]
    assert [int(size) for size in metadata["inputs"][0]["shape"]] == [-1, 2, -1]
    assert call("get_model_metadata", "gestures", "1")["versions"] == ["1"]


def _model_config(call: Calls) -> None:
    for version in ("", "1"):
        answer = call("get_model_config", "gestures", version)
        config = answer.get("config", answer)
        assert config["input"][0]["data_type"] == "TYPE_FP32"
        assert int(config["max_batch_size"]) > 0


def _statistics(call: Calls) -> None:
    def counted() -> tuple[int, int]:
        (entry,) = call("get_inference_statistics", "gestures", "1")["model_stats"]
        sizes = {int(batch["batch_size"]): batch for batch in entry["batch_stats"]}
        return int(entry["inference_count"]), int(sizes[3]["compute_infer"]["count"])

    call("infer", Ask("gestures", CASES, version="1"))
    rows, batches = counted()
    call("infer", Ask("gestures", CASES, version="1"))
    assert counted() == (rows + 3, batches + 1)
    assert len(call("get_inference_statistics", "gestures")["model_stats"]) == 2
    assert len(call("get_inference_statistics")["model_stats"]) == 3


def _states(call: Calls) -> dict[str, str]:
    index = call("get_model_repository_index")
    entries = index.get("models", []) if isinstance(index, dict) else index
    return {f"{entry['name']}/{entry['version']}": entry["state"] for entry in entries}


def _index(call: Calls) -> None:
    assert {"gestures/1", "gestures/2", "spare/1"} == _states(call).keys()


def _unload(call: Calls) -> None:
    call("unload_model", "spare")
    assert _states(call)["spare/1"] == "UNAVAILABLE"
    assert not call("is_model_ready", "spare")
    call.refuses("unloaded", "infer", Ask("spare", CASES))
    call("load_model", "spare")


def _load(call: Calls) -> None:
    call("unload_model", "spare", unload_dependents=True)
    call("load_model", "spare")
    assert _states(call)["spare/1"] == "READY"
    assert call("infer", Ask("spare", CASES))["model_name"] == "spare"
    call.refuses("as it was published", "load_model", "spare", config='{"max_batch_size": 1}')
    call.refuses("no model", "load_model", "no-such")


def _answers(method: str) -> Callable[[Calls], None]:
    def check(call: Calls) -> None:
        assert call(method)

    return check


def _not_offered(method: str, *args: Any) -> Callable[[Calls], None]:
    def check(call: Calls) -> None:
        call.refuses(NO_SUCH_CALL, method, *args)

    return check


METHODS: dict[str, tuple[tuple[str, ...], Callable[[Calls], None]]] = {
    "is_server_live": (CLIENTS, _answers("is_server_live")),
    "is_server_ready": (CLIENTS, _answers("is_server_ready")),
    "is_model_ready": (CLIENTS, _model_is_ready),
    "get_server_metadata": (CLIENTS, _server_metadata),
    "get_model_metadata": (CLIENTS, _model_metadata),
    "get_model_config": (CLIENTS, _model_config),
    "get_inference_statistics": (CLIENTS, _statistics),
    "get_model_repository_index": (CLIENTS, _index),
    "unload_model": (CLIENTS, _unload),
    "load_model": (CLIENTS, _load),
    "stream_infer": (GRPC, _stream),
}
"""What is offered without encodings of its own, by the clients that have it."""

ABSENT: dict[str, Callable[[Calls], None]] = {
    "get_system_shared_memory_status": _not_offered("get_system_shared_memory_status"),
    "register_system_shared_memory": _not_offered("register_system_shared_memory", "region", "/region", 64),
    "get_cuda_shared_memory_status": _not_offered("get_cuda_shared_memory_status"),
    "get_trace_settings": _not_offered("get_trace_settings"),
    "get_log_settings": _not_offered("get_log_settings"),
}
"""What the server's metadata does not list: a clear refusal, and no fault."""

INFERENCES = {"infer": CLIENTS, "async_infer": ("http", "grpc")}
"""The other two clients are asynchronous by themselves."""


def cells() -> Iterator[Cell]:
    """All of it."""
    for method, (clients, _) in METHODS.items():
        yield from (Cell(method, client) for client in clients)
    yield from (Cell(method, client) for method in ABSENT for client in CLIENTS)
    ways = list(itertools.product(ENCODINGS, COMPRESSIONS))
    for (client, binary), compression in ways:
        for datatype in (*DATATYPES, *NO_NUMBERS):
            if binary or datatype not in BINARY_ONLY:
                yield Cell("infer", client, binary, compression, datatype)
        if client in INFERENCES["async_infer"]:
            yield Cell("async_infer", client, binary, compression, "FP32")


def check(cell: Cell, running: Running, clients: Triton) -> None:
    """Whether a cell holds; what a client or an assertion raises if it does not."""
    call = Calls(running, clients, cell)
    if cell.datatype in NO_NUMBERS:
        _refuses_what_is_no_number(call)
    elif cell.datatype:
        _infer(call)
    elif cell.method in ABSENT:
        ABSENT[cell.method](call)
    else:
        METHODS[cell.method][1](call)
