"""Both servers as child processes: how they are started, when they first answer, and what they keep in memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.work import MODEL, Body

ROOT = Path(__file__).resolve().parents[2]
WAVETAP, MLSERVER = "wavetap", "mlserver"
LOOK_EVERY_SECONDS = 0.005
PATIENCE_SECONDS = 60.0
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
UNWANTED = {"PYTHONDONTWRITEBYTECODE"}
"""With it, sources that no installer has compiled would be compiled at every start."""


class Silent(Exception):
    """A server did not answer in time, or ended."""


@dataclass(frozen=True)
class Server:
    """A running one."""

    name: str
    process: subprocess.Popen[bytes]
    http: int
    grpc: int
    started: float

    @property
    def infer(self) -> str:
        """Where an inference of the model is asked for."""
        return f"http://127.0.0.1:{self.http}/v2/models/{MODEL}/infer"

    @property
    def megabytes(self) -> float:
        """The resident memory of the process and those that it has started."""
        return sum(_resident(pid) for pid in _family(self.process.pid)) / 1e6

    def first_answer(self, path: str, body: Body | None = None) -> float:
        """Seconds from the start of the process to its first good answer."""
        url = f"http://127.0.0.1:{self.http}{path}"
        while time.monotonic() - self.started < PATIENCE_SECONDS:
            if self.process.poll() is not None:
                break
            if _answers(url, body):
                return time.monotonic() - self.started
            time.sleep(LOOK_EVERY_SECONDS)
        raise Silent(f"{self.name} gave no answer within {PATIENCE_SECONDS:.0f} s; it logs into a file of its own")


@contextmanager
def wavetap(directory: Path, workers: int = 1) -> Iterator[Server]:
    """Our service, of so many processes, over a directory that it has been used with before, or not."""
    http, grpc = _free_ports(2)
    command = [sys.executable, "-m", "service.cli", "serve", "--data-dir", str(directory)]
    command += ["--port", str(http), "--grpc-port", str(grpc), "--workers", str(workers)]
    with _running(WAVETAP, command, ROOT, directory / "serve.log", {"PYTHONPATH": str(ROOT)}, (http, grpc)) as server:
        yield server


@contextmanager
def mlserver(python: Path, onnx: Path) -> Iterator[Server]:
    """MLServer of another environment, with the file as its model, in one process: its quicker way for small models."""
    http, grpc, metrics = _free_ports(3)
    directory = onnx.parent / MLSERVER
    directory.mkdir(exist_ok=True)
    settings = {
        "debug": False,
        "host": "127.0.0.1",
        "http_port": http,
        "grpc_port": grpc,
        "metrics_port": metrics,
        "parallel_workers": 0,
    }
    model = {
        "name": MODEL,
        "implementation": "peer.OnnxRuntimeModel",
        "parameters": {"version": "1", "extra": {"path": str(onnx)}},
    }
    (directory / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (directory / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    command = [str(python.with_name("mlserver")), "start", str(directory)]
    place = {"PYTHONPATH": str(Path(__file__).parent)}
    with _running(MLSERVER, command, directory, directory / "serve.log", place, (http, grpc)) as server:
        yield server


@contextmanager
def _running(
    name: str, command: list[str], place: Path, log: Path, environment: dict[str, str], ports: tuple[int, int]
) -> Iterator[Server]:
    log.parent.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    with log.open("ab") as output:
        started = time.monotonic()
        with subprocess.Popen(  # noqa: S603 - the two servers of this comparison
            command, cwd=place, env=inherited | ENVIRONMENT | environment, stdout=output, stderr=output
        ) as process:
            try:
                yield Server(name, process, *ports, started)
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()


def _answers(url: str, body: Body | None) -> bool:
    request = urllib.request.Request(url, body and body.content, dict(body.headers) if body else {})  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - an address of this machine
            return bool(response.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from _family(int(child))


def _resident(pid: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
