"""Load, and what it found: wrk over HTTP, and our own client over gRPC, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.servers import ROOT, Server
from benchmarks.serving.work import CONNECTIONS, Body

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What one turn has found; latencies in milliseconds, `errors` of any kind, 4xx and 5xx among them."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Bodies:
    """A folder in which wrk finds what to send."""

    def __init__(self, directory: Path, bodies: Mapping[str, Body]) -> None:
        """Write them down."""
        self._paths = {name: directory / name for name in bodies}
        for name, body in bodies.items():
            self._paths[name].write_bytes(body.content)
            headers = "".join(f"{key}: {value}\n" for key, value in body.headers.items())
            self._paths[name].with_name(f"{name}.headers").write_text(headers, encoding="ascii")

    def ask(self, server: Server, names: tuple[str, ...], seconds: float) -> Load:
        """Eight connections that ask with these bodies in turn, each as soon as it has its answer."""
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(SCRIPT)]
        command += [server.infer, "--", *(str(self._paths[name]) for name in names)]
        return _told(command)


def ask_by_grpc(server: Server, seconds: float) -> Load:
    """Eight channels of one Python process, which is the same one for both servers."""
    return _told([sys.executable, "-m", "benchmarks.serving.grpc_client", str(server.grpc), f"{seconds:g}"])


def _told(command: list[str]) -> Load:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - wrk, or ours
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("{"))
    return Load(**json.loads(line))
