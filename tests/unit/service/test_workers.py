"""What workers are handed: settings as variables, sockets that they share, a directory for their metrics."""

import fcntl
import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.errors import Unavailable
from service.places import held, listening, port_of
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


def test_a_port_is_held_for_sockets_that_share_it_and_for_no_others() -> None:
    with held("127.0.0.1", 0) as keeper, socket.socket() as worker, socket.socket() as stranger:
        port = port_of(keeper)
        worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        worker.bind(("127.0.0.1", port))
        worker.listen()
        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        with socket.create_connection(("127.0.0.1", port)):
            worker.accept()[0].close()


@pytest.mark.parametrize("take", [held, listening])
def test_a_port_that_a_stranger_shares_out_is_not_joined(take: object) -> None:
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        with pytest.raises(Unavailable, match="cannot listen"):
            take("127.0.0.1", port_of(stranger))  # type: ignore[operator]  # either of two functions


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
