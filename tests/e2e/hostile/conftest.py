"""A service in a process of its own, watched while it is treated badly: it lives on, and leaves nothing behind."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from service.ephemeral import Running, service
from tests import houses
from tests.e2e.http.conftest import LOG, eventually

SCALE = int(os.environ.get("HOSTILE_SCALE", "1"))
"""How many times more is sent than the suite has time for."""
LIMIT = 1 << 20
MEBIBYTE = 1 << 20
HEADROOM = 32 * MEBIBYTE
REPEATS = 100
PROMPT_SECONDS = 1.0
HOST = b"Host: localhost\r\n"
INFER = "/v2/models/gestures/infer"


@dataclass(frozen=True)
class Victim:
    """The service, and what can be seen of it from outside."""

    running: Running
    http: httpx.Client
    home: Path
    directory: Path

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.running.rest.removeprefix("http://").split(":")
        return host, int(port)

    def memory(self, field: str = "VmRSS") -> int:
        """Bytes; `VmHWM` is the most there ever was."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text().splitlines()
        (line,) = (line for line in status if line.startswith(f"{field}:"))
        return int(line.split()[1]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.running.process.pid}/clear_refs").write_text("5")

    @property
    def cpu(self) -> float:
        """The seconds of processor that it has used: what a busy machine changes little."""
        fields = Path(f"/proc/{self.running.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_prompt(self) -> bool:
        begun = time.monotonic()
        answer = self.http.get("/v2/health/live")
        return answer.status_code == 200 and time.monotonic() - begun < PROMPT_SECONDS

    def raw(self, content: bytes) -> bytes:
        """Send bytes, and read until the service closes or says nothing more."""
        answer = b""
        with socket.create_connection(self.address, timeout=10) as connection:
            connection.settimeout(2)
            try:
                connection.sendall(content)
                while chunk := connection.recv(65536):
                    answer += chunk
            except OSError:
                pass
        return answer


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    directory, home = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("home")
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
    elsewhere = {"HOME": str(home), "TMPDIR": str(home), "WAVETAP_MAX_BODY_BYTES": str(LIMIT)}
    elsewhere |= {"WAVETAP_MAX_GRPC_MESSAGE_BYTES": str(LIMIT), "WAVETAP_RUNNING_JOBS": "0"}
    with (
        service(directory, directory / LOG, elsewhere) as running,
        httpx.Client(base_url=running.rest, timeout=60) as http,
    ):
        yield Victim(running, http, home, directory)


@pytest.fixture(autouse=True)
def unharmed(victim: Victim) -> Iterator[None]:
    """What every row asserts besides its own answer."""
    yield
    eventually(victim.is_prompt, "a prompt answer of the liveness route")
    assert victim.running.process.poll() is None
    assert list(victim.home.iterdir()) == []


def memory_is_flat(victim: Victim, attack: Callable[[], object]) -> None:
    """Whether a hundred repeats leave less than a mebibyte; the allocator may take some rounds to settle."""

    def settled() -> bool:
        before = victim.memory()
        for _ in range(REPEATS):
            attack()
        return victim.memory() - before < MEBIBYTE

    assert any(settled() for _ in range(8))
