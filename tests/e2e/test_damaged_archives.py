"""Archives that are damaged while they are served, as by a backup that is copied over them."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from service.ephemeral import service
from tests import houses
from tests.protocol import body

PATIENCE = 60.0
MODELS = ("broken", "whole")
ASKED = 8
"""Each time over a connection of its own: with several workers the kernel chooses one for each."""


def directory_with_models(directory: Path) -> Path:
    """A data directory with two models; answers the archive of the one that is to be broken."""
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        for model in MODELS:
            houses.train(house, model, "gestures")
        return house.artifacts.path(house.edge.services.catalogue.version("broken").draft.archive)


def statuses(rest: str, model: str) -> set[int]:
    """What requests are answered; 0 stands for a connection that was lost."""
    found = set()
    for _ in range(ASKED):
        try:
            found.add(httpx.post(f"{rest}/v2/models/{model}/infer", content=body(), timeout=PATIENCE).status_code)
        except httpx.TransportError:
            found.add(0)
    return found


def eventually(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, f"{what} did not come within {PATIENCE} s"
        time.sleep(0.05)


def reasons(rest: str) -> dict[str, str]:
    """Why models are not ready."""
    index = httpx.post(f"{rest}/v2/repository/index", timeout=PATIENCE).json()
    return {entry["name"]: entry["reason"] for entry in index if entry["state"] == "UNAVAILABLE"}


@pytest.mark.e2e
def test_one_process_goes_on_with_what_it_has_read_and_refuses_it_after_a_restart(tmp_path: Path) -> None:
    archive = directory_with_models(tmp_path / "data")
    with service(tmp_path / "data", tmp_path / "log") as running:
        assert [statuses(running.rest, model) for model in MODELS] == [{200}, {200}]
        archive.chmod(0o600)
        archive.write_bytes(b"")
        assert [statuses(running.rest, model) for model in MODELS] == [{200}, {200}]
        assert running.process.poll() is None
    with service(tmp_path / "data", tmp_path / "log") as running:
        assert "size" in reasons(running.rest)["broken"]
        assert [statuses(running.rest, model) for model in MODELS] == [{500}, {200}]


@pytest.mark.e2e
def test_workers_that_fall_with_a_file_they_share_come_back_and_serve_the_others(tmp_path: Path) -> None:
    archive = directory_with_models(tmp_path / "data")
    with service(tmp_path / "data", tmp_path / "log", {"WAVETAP_WORKERS": "2"}) as running:
        assert [statuses(running.rest, model) for model in MODELS] == [{200}, {200}]
        archive.chmod(0o600)
        archive.write_bytes(b"")
        eventually(lambda: statuses(running.rest, "broken") == {500}, "the refusal by every worker")
        eventually(lambda: statuses(running.rest, "whole") == {200}, "answers for the other model")
        assert set(reasons(running.rest)) == {"broken"}
