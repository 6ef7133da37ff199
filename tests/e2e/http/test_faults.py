"""The real service is killed, or told to end, in the middle of its work; nothing acknowledged is lost."""

import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.ephemeral import service
from tests import houses
from tests.e2e.http.conftest import LOG, PATIENCE, eventually
from tests.halts import halted_after

pytestmark = pytest.mark.e2e

EPOCHS = 60
HALTED = halted_after(5)
SPEC = {
    "model": "gestures",
    "dataset": "gestures",
    "network": {"layers": [{"kind": "conv1d", "out_channels": 32, "kernel": 9}, {"kind": "batch_normalization"}]},
    "training": {"epochs": EPOCHS, "batch_size": 8, "seed": 3},
}
HEAVY = {"count": 200, "length": 128}


def client(rest: str) -> httpx.Client:
    return httpx.Client(base_url=rest, timeout=PATIENCE)


def begin(http: httpx.Client) -> str:
    """A dataset, and a job that has recorded five epochs and stands still."""
    content = houses.classification_file(**HEAVY)
    assert http.post("/v1/datasets?name=gestures&format=json", content=content).status_code == 201
    job = http.post("/v1/training-jobs", json=SPEC).json()["id"]
    eventually(lambda: shown(http, job)["epoch"] >= 5, "the fifth epoch")
    return str(job)


def shown(http: httpx.Client, job: str) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"/v1/training-jobs/{job}").json()
    return found


def ended(http: httpx.Client, job: str) -> dict[str, Any]:
    found: dict[str, Any] = eventually(lambda: (it := shown(http, job))["finished_at"] and it, "the end of the job")
    return found


def losses(job: dict[str, Any]) -> list[tuple[int, float]]:
    return [(epoch["epoch"], epoch["metrics"]["loss"]) for epoch in job["history"]]


def children(pid: int) -> set[int]:
    listed = (Path("/proc") / str(pid) / "task").glob("*/children")
    return {int(child) for file in listed for child in file.read_text().split()}


def test_a_job_survives_the_killing_of_the_service_and_is_as_if_nothing_had_been(tmp_path: Path) -> None:
    """kill -9 in mid-job, a restart, and the job finishing from its checkpoint with the numbers of an unbroken run."""
    with service(tmp_path, tmp_path / LOG, HALTED) as first, client(first.rest) as http:
        job = begin(http)
        recorded = losses(shown(http, job))
        orphans = children(first.process.pid)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        assert orphans
        eventually(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in orphans), "the end of the orphans")
    with service(tmp_path, tmp_path / LOG) as second, client(second.rest) as http:
        resumed = ended(http, job)
        assert resumed["state"] == "SUCCEEDED"
        assert resumed["attempt"] == 2
        assert losses(resumed)[: len(recorded)] == recorded, "what was told before the kill is still told"
        assert [epoch for epoch, _ in losses(resumed)] == list(range(1, EPOCHS + 1)), "each epoch is recorded once"
        unbroken = ended(http, http.post("/v1/training-jobs", json=SPEC).json()["id"])
        assert losses(unbroken) == losses(resumed)
        answers = [predicted(http, version) for version in (resumed["version"], unbroken["version"])]
        assert answers[0] == answers[1]


def predicted(http: httpx.Client, version: int) -> Any:
    body = {"series": houses.cases(3, length=128).tolist(), "version": version}
    return http.post("/v1/models/gestures:predict", json=body).json()["predictions"]


def test_on_sigterm_requests_finish_jobs_are_handed_back_and_the_exit_is_in_order(tmp_path: Path) -> None:
    with service(tmp_path, tmp_path / LOG, HALTED) as running, client(running.rest) as http:
        job = begin(http)
        slow = SlowRequest(running.rest)
        followed = Followed(running.rest, job)
        running.process.send_signal(signal.SIGTERM)
        slow.finish()
        assert running.process.wait(60) == 0
        assert slow.answer.startswith(b"HTTP/1.1 200"), "the request that was under way was answered"
        assert "end" not in followed.kinds(), "the story was broken off, not ended"
    log = (tmp_path / LOG).read_text()
    assert '"event":"draining"' in log
    assert '"event":"ended"' in log
    with service(tmp_path, tmp_path / LOG) as again, client(again.rest) as http:
        found = ended(http, job)
        assert found["state"] == "SUCCEEDED"
        assert [epoch["epoch"] for epoch in found["history"]] == list(range(1, EPOCHS + 1))


class SlowRequest:
    """A request whose body is not complete yet."""

    def __init__(self, rest: str) -> None:
        host, port = rest.removeprefix("http://").split(":")
        self._body = b'{"inputs": []}'
        self._socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        head = f"POST /v1/datasets:preview?format=json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        self._content = houses.classification_file()
        self._socket.sendall(f"{head}Content-Length: {len(self._content)}\r\n\r\n".encode() + self._content[:100])
        self.answer = b""

    def finish(self) -> None:
        time.sleep(0.3)
        self._socket.sendall(self._content[100:])
        while chunk := self._socket.recv(65536):
            self.answer += chunk
        self._socket.close()


class Followed:
    """A stream of events that is open while the service ends."""

    def __init__(self, rest: str, job: str) -> None:
        self._text = ""
        self._thread = threading.Thread(target=self._follow, args=(f"{rest}/v1/training-jobs/{job}/events",))
        self._thread.start()

    def _follow(self, url: str) -> None:
        with httpx.stream("GET", url, timeout=PATIENCE) as response:
            for text in response.iter_text():
                self._text += text

    def kinds(self) -> set[str]:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return {line.removeprefix("event: ") for line in self._text.splitlines() if line.startswith("event: ")}
