"""The disk is full: what cannot be kept is refused, what is there is read, and room is enough to go on."""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.ephemeral import service
from tests import houses

pytestmark = pytest.mark.e2e

PATIENCE = 60.0
MEBIBYTE = 1 << 20
SMALL = houses.classification_file()
LARGE = houses.classification_file(2000, length=64)
"""Some MiB as it comes, and one as it is kept."""
CASE = {"series": houses.cases(1).tolist()}


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A file system of its own for a directory; skips, loudly, where none can be mounted."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("NOTHING CAN BE MOUNTED HERE: run the tests as root of a machine of their own, and this runs")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S607 - wherever it is


def prepared(directory: Path) -> None:
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")


def upload(http: httpx.Client, name: str, content: bytes = LARGE) -> httpx.Response:
    return http.post(f"/v1/datasets?name={name}&format=json", content=content)


def refused_and_then_taken(http: httpx.Client, directory: Path, make_room: Callable[[], None]) -> None:
    for number in range(3):
        answer = upload(http, f"new-{number}")
        assert (answer.status_code, answer.json()["code"]) == (507, "RESOURCE_EXHAUSTED"), answer.text
    assert [dataset["name"] for dataset in http.get("/v1/datasets").json()["items"]] == ["gestures"]
    assert http.post("/v1/models/gestures:predict", json=CASE).status_code == 200
    assert http.get("/v1/models/gestures/versions/1/onnx").status_code == 200
    assert http.get("/v2/health/live").status_code == 200
    assert list((directory / "uploads").iterdir()) == []
    make_room()
    taken = upload(http, "new-0")
    assert taken.status_code == 201, taken.text
    assert http.get("/v1/datasets/new-0").json()["digest"] == taken.json()["digest"]


def test_a_full_disk_refuses_what_is_new_and_is_got_over_without_a_restart(tmp_path: Path) -> None:
    directory, ballast = tmp_path / "data", tmp_path / "data" / "ballast"
    with small_disk(directory, 32 * MEBIBYTE):
        prepared(directory)
        with (
            service(directory, tmp_path / "log") as running,
            httpx.Client(base_url=running.rest, timeout=PATIENCE) as http,
        ):
            with ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(64 << 10))
                except OSError:
                    pass
            refused_and_then_taken(http, directory, ballast.unlink)
            assert running.process.poll() is None


def test_a_file_that_may_not_grow_so_large_is_refused_as_by_a_full_disk(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    prepared(directory)
    with (
        service(directory, tmp_path / "log") as running,
        httpx.Client(base_url=running.rest, timeout=PATIENCE) as http,
    ):
        process = running.process.pid
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (MEBIBYTE, hard))
        refused_and_then_taken(
            http, directory, lambda: resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard)) and None
        )
