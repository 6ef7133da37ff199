"""A service of one's own for as long as a block runs: the demo, the examples and the tests start theirs here."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.client import Client
from service.settings import PREFIX

STARTS_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 30.0
LOG_SHOWN = 15


class NotStarted(Exception):
    """The service ended, or did not become ready in time; the message holds the end of its log."""


@dataclass(frozen=True)
class Running:
    """Where a running service is reached, its process and how long it took to be ready."""

    rest: str
    grpc: str
    process: subprocess.Popen[bytes]
    seconds_to_ready: float


@contextmanager
def service(data_dir: Path, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run `wavetap serve` on free ports of the loopback address until the block ends.

    Of the caller's environment no setting of the service is handed on; `settings` are `WAVETAP_*` variables.
    """
    port, grpc_port = free_ports(2)
    command = [sys.executable, "-P", "-m", "service.cli", "serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--grpc-port", str(grpc_port), "--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= settings or {}
    started = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        rest = f"http://127.0.0.1:{port}"
        _await_ready(rest, process, log)
        yield Running(rest, f"127.0.0.1:{grpc_port}", process, time.monotonic() - started)
    finally:
        _end(process)


def free_ports(count: int) -> list[int]:
    """Ports that are free now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _await_ready(rest: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    with closing(Client(rest)) as client:
        while not client.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                ended = "did not become ready" if process.poll() is None else f"ended with {process.returncode}"
                last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-LOG_SHOWN:])
                raise NotStarted(f"The service {ended}. Its log ends with:\n{last}")
            time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
