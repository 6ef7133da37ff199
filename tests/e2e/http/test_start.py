"""The service starts where it is safe, says why where it does not, and is soon ready."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from service.ephemeral import free_ports
from tests.e2e.http.conftest import eventually

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[3]


def start(directory: Path, **settings: str) -> subprocess.Popen[bytes]:
    port, grpc_port = free_ports(2)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAVETAP_")}
    chosen: Mapping[str, str] = {
        "DATA_DIR": str(directory / "data"),
        "PORT": str(port),
        "GRPC_PORT": str(grpc_port),
        **settings,
    }
    environment |= {f"WAVETAP_{name}": value for name, value in chosen.items()}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "service.cli", "serve"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # it must not come to that
def test_a_bind_beyond_loopback_without_a_key_does_not_start(tmp_path: Path, host: str) -> None:
    process = start(tmp_path, HOST=host)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"WAVETAP_API_KEY" in errors
    assert b"WAVETAP_INSECURE" in errors
    assert b"Traceback" not in output + errors
    assert not (tmp_path / "data").exists(), "it refused before it made anything"


@pytest.mark.parametrize("settings", [{"API_KEY": "a-very-secret-key"}, {"INSECURE": "1"}], ids=["key", "insecure"])
def test_a_bind_beyond_loopback_starts_with_a_key_or_when_told_so(tmp_path: Path, settings: dict[str, str]) -> None:
    (port,) = free_ports(1)
    process = start(tmp_path, HOST="0.0.0.0", PORT=str(port), **settings)  # noqa: S104
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: ready(url), "readiness")
        expected = 401 if "API_KEY" in settings else 200
        assert httpx.get(f"{url}/v1/datasets").status_code == expected
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("name", ["PORT", "GRPC_PORT"])
def test_a_taken_port_is_told(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(tmp_path, **{name: port})
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert port.encode() in errors
    assert b"Traceback" not in errors


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("API_KEY", "short"), ("LOG_LEVEL", "loud")])
def test_a_wrong_setting_is_told_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    process = start(tmp_path, **{name: value})
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"WAVETAP_{name}".encode() in errors
