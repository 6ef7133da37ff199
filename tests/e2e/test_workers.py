"""Several workers on one port for each protocol: they share work, metrics and truth, and outlive each other."""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api_schemas.generated import inference_pb2 as pb
from service.ephemeral import NotStarted, Running, service
from tests import houses
from tests.protocol import CASES, INFER, body, outputs

PATIENCE = 60.0
WORKERS = 2
CHANNEL = [("grpc.use_local_subchannel_pool", 1), ("grpc.min_reconnect_backoff_ms", 60_000)]
"""A connection of its own, whose first attempt is not given up early."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("workers")
    with houses.house_in(directory / "data") as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
    with service(directory / "data", directory / "log", {"WAVETAP_WORKERS": str(WORKERS)}) as running:
        eventually(lambda: len(children(running)) == WORKERS and asked_over_new_connections(running), "all workers")
        yield running


def children(running: Running) -> list[int]:
    task = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    return [int(pid) for pid in task.read_text("ascii").split()]


def eventually(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if look():
            return
        time.sleep(0.05)
    pytest.fail(f"{what} did not come within {PATIENCE} s")


def asked_over_new_connections(running: Running, count: int = 8) -> bool:
    """Each connection is one worker's, chosen by the kernel."""
    for _ in range(count):
        answer = httpx.post(running.rest + INFER, content=body(), timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
    return True


def asked_over_grpc(running: Running) -> bool:
    """Over a connection of its own, which must come about at the first attempt."""
    tensor = pb.ModelInferRequest.InferInputTensor(name="series", datatype="FP32", shape=CASES.shape)
    request = pb.ModelInferRequest(model_name="gestures", inputs=[tensor], raw_input_contents=[CASES.tobytes()])
    with grpc.insecure_channel(running.grpc, options=CHANNEL) as channel:
        infer = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        return len(infer(request, timeout=PATIENCE).outputs) == 2


def rows_told(running: Running) -> float:
    text = httpx.get(f"{running.rest}/metrics", timeout=PATIENCE).text
    return next(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "wavetap_inference_rows_total"
    )


@pytest.mark.e2e
def test_litserve_724_any_worker_tells_what_all_have_counted(running: Running) -> None:
    before = rows_told(running)
    asked_over_new_connections(running, 20)
    assert {rows_told(running) for _ in range(8)} == {before + 20 * len(CASES)}


def archives(pid: int) -> dict[str, list[str]]:
    """The files of the data directory that a process has mapped, and what /proc tells of each mapping."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            name = line.split(maxsplit=5)[-1] if "/artifacts/" in line else ""
        if name:
            found.setdefault(name, []).append(line)
    return found


@pytest.mark.e2e
def test_mlserver_975_workers_share_the_pages_of_the_weights(running: Running) -> None:
    def mapped() -> list[dict[str, list[str]]]:
        asked_over_new_connections(running)
        return [archives(pid) for pid in children(running)]

    eventually(lambda: all(mapped()), "a mapped archive in every worker")
    first, *others = mapped()
    assert all(other.keys() == first.keys() for other in others)
    for lines in (line for each in (first, *others) for line in each.values()):
        assert "Private_Dirty:         0 kB" in lines
        assert "Anonymous:             0 kB" in lines


def cases_told(running: Running) -> int:
    (told,) = httpx.get(f"{running.rest}/v2/models/gestures/stats", timeout=PATIENCE).json()["model_stats"]
    return int(told["inference_count"])


@pytest.mark.e2e
def test_any_worker_tells_the_statistics_of_all(running: Running) -> None:
    """Each tells the others a few times a second, so that all come to the same number, and to no greater one."""
    eventually(lambda: len({cases_told(running) for _ in range(8)}) == 1, "the statistics of what was asked before")
    before = cases_told(running)
    asked_over_new_connections(running, 20)
    wanted = before + 20 * len(CASES)
    eventually(lambda: {cases_told(running) for _ in range(8)} == {wanted}, "the statistics of all")


@pytest.mark.e2e
def test_grpc_calls_are_answered_on_one_port_by_all(running: Running) -> None:
    for _ in range(8):
        assert asked_over_grpc(running)


@pytest.mark.e2e
def test_what_is_changed_through_one_holds_for_all_at_once(running: Running) -> None:
    for path, status in (("unload", 503), ("load", 200)):
        change = httpx.post(f"{running.rest}/v2/repository/models/gestures/{path}", timeout=PATIENCE)
        assert change.status_code == 200, change.text
        found = {httpx.post(running.rest + INFER, content=body(), timeout=PATIENCE).status_code for _ in range(12)}
        assert found == {status}


@pytest.mark.e2e
def test_a_worker_that_dies_is_started_anew_and_the_others_go_on(running: Running) -> None:
    (killed, *_others) = before = children(running)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: killed not in children(running), "the end of the worker")
    assert asked_over_new_connections(running)
    eventually(lambda: len(children(running)) == WORKERS, "another worker")
    assert set(children(running)) != set(before)
    assert asked_over_new_connections(running)
    assert rows_told(running) > 0


@pytest.mark.e2e
def test_connections_wait_while_no_worker_lives(running: Running) -> None:
    for worker in children(running):
        os.kill(worker, signal.SIGKILL)
    assert asked_over_grpc(running)
    for worker in children(running):
        os.kill(worker, signal.SIGKILL)
    assert asked_over_new_connections(running, 1)


@pytest.mark.e2e
def test_an_end_that_is_asked_for_lets_requests_end(tmp_path: Path) -> None:
    with houses.house_in(tmp_path / "data") as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
    failures: list[str] = []
    answered = threading.Event()
    with service(tmp_path / "data", tmp_path / "log", {"WAVETAP_WORKERS": str(WORKERS)}) as running:

        def ask() -> None:
            with httpx.Client(base_url=running.rest, timeout=PATIENCE) as client:
                while True:
                    try:
                        response = client.post(INFER, content=body())
                    except httpx.TransportError:  # between two requests, or before one was taken
                        return
                    if response.status_code != 200:
                        failures.append(response.text)
                        return
                    assert len(outputs(response)) == 2
                    answered.set()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert answered.wait(PATIENCE)
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0, (tmp_path / "log").read_text()
        for thread in threads:
            thread.join()
    assert failures == []
    assert list((tmp_path / "data" / "metrics").iterdir()) == []


@pytest.mark.e2e
def test_connections_are_refused_and_do_not_wait_for_workers_that_end(tmp_path: Path) -> None:
    def refused(address: str) -> bool:
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return True
        return False

    with service(tmp_path / "data", tmp_path / "log", {"WAVETAP_WORKERS": str(WORKERS)}) as running:
        with socket.create_connection(running.rest.removeprefix("http://").rsplit(":", 1)) as unfinished:
            head = "POST /v1/datasets?name=a HTTP/1.1", "Host: localhost", "Content-Length: 9"
            unfinished.sendall("\r\n".join((*head, "Expect: 100-continue", "", "")).encode())
            assert b"100 Continue" in unfinished.recv(4096)
            running.process.terminate()
            eventually(lambda: refused(running.grpc), "the refusal of gRPC")
            assert running.process.poll() is None
        assert running.process.wait(PATIENCE) == 0


@pytest.mark.e2e
def test_workers_that_cannot_start_end_the_service_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "wavetap.db").write_bytes(b"no database, but long enough to be looked at" * 50)
    with (
        pytest.raises(NotStarted, match="no database"),
        service(tmp_path / "data", tmp_path / "log", {"WAVETAP_WORKERS": "2"}),
    ):
        pytest.fail("It must not start.")
