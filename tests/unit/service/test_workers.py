"""What workers are handed: settings as variables, sockets that they share, a directory for their metrics."""

import fcntl
import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.errors import Unavailable
from service.places import listening, place, port_of
from service.settings import Settings
from service.telemetry.shared import LOCK, VARIABLE, SharedMetrics
from service.workers import environment


def test_settings_survive_their_way_through_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, api_key=SecretStr("a long secret"), insecure=True, batch_delay_seconds=0.25, workers=3
    )
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_a_port_that_a_stranger_shares_out_is_not_joined() -> None:
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        with pytest.raises(Unavailable, match="cannot listen"):
            listening("127.0.0.1", port_of(stranger))


def test_nothing_listens_where_the_second_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        port = port_of(free)
        free.close()
        with pytest.raises(Unavailable, match="gRPC cannot listen"):
            place(Settings(data_dir=tmp_path, port=port, grpc_port=port_of(taken)))
        socket.create_server(("127.0.0.1", port)).close()


def test_metrics_of_the_dead_are_removed_and_those_of_the_living_kept(tmp_path: Path) -> None:
    dead = tmp_path / "dead"
    dead.mkdir()
    (dead / LOCK).touch()
    with SharedMetrics(tmp_path) as living, SharedMetrics(tmp_path) as other:
        assert not dead.exists()
        directories = {Path(shared.environment[VARIABLE]) for shared in (living, other)}
        assert set(tmp_path.iterdir()) == directories
        descriptor = os.open(min(directories) / LOCK, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
    assert list(tmp_path.iterdir()) == []
