"""Rows 21 to 24 and 30: files that broke other servers, uploaded to a process that is watched from outside."""

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import httpx
import numpy as np
import onnx
import pytest

from tests.contract.rest.test_hostile_uploads import POISON, Canary, X, as_json, link, npy, zipped
from tests.contract.rest.test_problems import problem
from tests.e2e.hostile.conftest import HEADROOM, MEBIBYTE, Victim, memory_is_flat
from tests.unit.service.ingest.test_npz import HOSTILE, npy_header

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("ignore:Duplicate name")]

REFUSALS = {413, 415, 422}
CPU_SECONDS = 1.0


def upload(victim: Victim, content: bytes, **query: str) -> httpx.Response:
    return victim.http.post("/v1/datasets", params={"name": "hostile", **query}, content=content)


@pytest.fixture(autouse=True)
def nothing_kept(victim: Victim) -> Iterator[None]:
    """No dataset, no artefact and no half of a file is left, and no path is told."""
    before = kept(victim)
    yield
    assert kept(victim) == before


def kept(victim: Victim) -> tuple[list[str], set[Path]]:
    names = [dataset["name"] for dataset in victim.http.get("/v1/datasets").json()["items"]]
    folders = (victim.directory / "artifacts", victim.directory / "uploads")
    return names, {path for folder in folders for path in folder.rglob("*")}


def refused(victim: Victim, content: bytes, statuses: Iterable[int] = REFUSALS, **query: str) -> None:
    """In little time and memory, and in words that tell nothing of us."""
    cpu, memory = victim.cpu, victim.memory()
    victim.forget_peak()
    answer = upload(victim, content, **query)
    assert answer.status_code in statuses, answer.text
    assert victim.cpu - cpu < CPU_SECONDS
    assert victim.memory("VmHWM") - memory < HEADROOM
    assert str(victim.directory) not in answer.text
    assert "Traceback" not in answer.text


ELSEWHERE: dict[str, Callable[[], bytes]] = {
    "a path upwards": lambda: zipped(("../X.npy", npy(X))),
    "an absolute path": lambda: zipped(("/etc/X.npy", npy(X))),
    "a path of another system": lambda: zipped(("..\\X.npy", npy(X))),
    "a name twice": lambda: zipped(("X.npy", npy(X)), ("X.npy", npy(X))),
    "a link": lambda: zipped((link(), b"/etc/passwd")),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_row_21_an_archive_that_points_elsewhere_is_refused(victim: Victim, name: str) -> None:
    refused(victim, ELSEWHERE[name](), {400})
    asked = victim.http.post(
        "/v1/models/gestures:predict", content=ELSEWHERE[name](), headers={"Content-Type": "application/x-npz"}
    )
    assert problem(asked, 400)["errors"][0]["pointer"].startswith("member")


@cache
def gibibyte() -> bytes:
    """A megabyte that truly expands to 1 GiB: the same compressed MiB of zeros, a thousand times."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = deflater.compress(npy_header("(1, 1, 1073741824)", "|i1")) + deflater.flush(zlib.Z_FULL_FLUSH)
    block = deflater.compress(bytes(MEBIBYTE)) + deflater.flush(zlib.Z_FULL_FLUSH)
    content = bytearray(zipped(("X.npy", head + block * 1024 + deflater.flush(zlib.Z_FINISH))))
    for signature, method, size in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        entry = content.rindex(signature) if signature.endswith(b"\x02") else 0
        content[entry + method] = 8
        content[entry + size : entry + size + 4] = ((1 << 30) + 128).to_bytes(4, "little")
    return bytes(content)


def test_row_22_a_megabyte_that_expands_to_a_gibibyte_is_refused_from_its_directory(victim: Victim) -> None:
    assert len(gibibyte()) < 2 * MEBIBYTE
    refused(victim, gibibyte())


@pytest.mark.parametrize("name", HOSTILE)
def test_row_22_an_archive_that_lies_or_grows_is_refused(victim: Victim, name: str) -> None:
    refused(victim, HOSTILE[name], {400} if name in {"a path outside", "an absolute path"} else REFUSALS)


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.pkl", "x.ts", "x.parquet"])
def test_row_23_a_pickle_is_refused_and_never_loaded(victim: Victim, tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    array = np.array([Canary(canary)], dtype=object)
    for content in (pickle.dumps(Canary(canary)), npy(array), zipped(("X.npy", npy(array)))):
        answer = victim.http.post("/v1/datasets?name=hostile", files={"file": (name, content)})
        assert answer.status_code in REFUSALS, answer.text
    assert not canary.exists()


def outside(location: Path) -> bytes:
    """An ONNX file whose weights stand in another file."""
    tensor = onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [1], [1.0])
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=str(location))
    graph = onnx.helper.make_graph([], "g", [], [], [tensor])
    return bytes(onnx.helper.make_model(graph).SerializeToString())


def test_row_24_a_file_with_data_outside_is_refused_and_none_goes_out(victim: Victim, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_bytes(b"s3cr3t")
    for location in (canary, Path("../../../..", *canary.parts[1:])):
        refused(victim, outside(location), {415})
        problem(victim.http.post("/v1/models/gestures/versions", content=outside(location)), 405)
    for query in ({}, {"opset": 20}, {"fold": "false"}):
        answer = victim.http.get("/v1/models/gestures/versions/1/onnx", params=query)
        weights = onnx.load_from_string(answer.content).graph.initializer
        assert not any(each.external_data or each.data_location for each in weights)
        assert b"s3cr3t" not in answer.content


@pytest.mark.parametrize(("kind", "content", "place"), POISON)
def test_row_30_poison_is_refused_by_its_place(victim: Victim, kind: str, content: bytes, place: str) -> None:
    assert problem(upload(victim, content, format=kind), 422)["errors"][0]["pointer"] == place


@pytest.mark.parametrize(
    "series",
    [[[1e300] * 12, [0.0] * 12], [[0.0] * 12], [[0.0] * 12, [0.0] * 11], [[0.0] * 12] * 3, [[], []], []],
    ids=["1e300", "a channel too few", "ragged", "a channel too many", "no steps", "no channels"],
)
def test_row_30_poison_to_predict_is_refused_by_its_place(victim: Victim, series: object) -> None:
    answer = victim.http.post("/v1/models/gestures:predict", json={"series": [series]})
    told = problem(answer, 422)
    assert all(error["pointer"].startswith("/series") for error in told["errors"])


@pytest.mark.parametrize("row", ["21", "22", "23", "24", "30"])
def test_rows_21_to_30_leave_nothing_in_memory(victim: Victim, row: str, tmp_path: Path) -> None:
    content = {
        "21": ELSEWHERE["a path upwards"](),
        "22": HOSTILE["a shape of 2^40"],
        "23": pickle.dumps(Canary(tmp_path / "canary")),
        "24": outside(tmp_path / "canary"),
        "30": as_json([[[1, 2], [3, 1e300]]], ["a"]),
    }[row]
    memory_is_flat(victim, lambda: upload(victim, content))
