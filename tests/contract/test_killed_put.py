"""A put that is killed, or refused, at each of its calls to the kernel: the artefact is there whole, or not at all."""

import hashlib
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from service.adapters.artifacts import INCOMING, LocalArtifacts
from service.domain.artifacts import Artifact
from service.errors import AlreadyExists

ROOT = Path(__file__).parents[2]
CONTENT = bytes(range(256)) * 400
ARTIFACT = Artifact("a/b", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
PUT = """
import sys
from pathlib import Path
from service.adapters.artifacts import LocalArtifacts
from service.errors import ServiceError
try:
    LocalArtifacts(Path(sys.argv[1])).put("a/b", bytes(range(256)) * 400)
except ServiceError as error:
    sys.exit(f"refused: {error.message}")
"""
CALLS = {"mkdir": 5, "write": 1, "fsync": 4, "link": 1, "unlink": 1}
"""How often a put makes each; Python itself, as it starts, makes none of them but a `mkdir` that it has no need of."""


def put(root: Path, call: str, number: int, fault: str) -> "subprocess.CompletedProcess[str]":
    """Put in a process of its own, in which strace plants a fault."""
    tracer = shutil.which("strace")
    if tracer is None:
        pytest.skip("NO STRACE HERE: install Debian's package strace, and this runs")
    tracing = [tracer, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    command = [*tracing, "-e", f"inject={call}:{fault}:when={number}", sys.executable, "-B", "-c", PUT, str(root)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def whole_or_absent(root: Path) -> bool:
    """Whether it is there, and then whole; nothing else is there but drafts, which a sweep takes."""
    store = LocalArtifacts(root)
    there = {found.key for found in store.list() if not found.key.startswith(INCOMING)}
    assert there <= {"a/b"}
    if there:
        assert store.get(ARTIFACT) == CONTENT
    return bool(there)


def can_be_put_again(root: Path) -> None:
    with suppress(AlreadyExists):
        LocalArtifacts(root).put("a/b", CONTENT)
    assert whole_or_absent(root)


@pytest.mark.parametrize(("call", "number"), [(call, n + 1) for call, count in CALLS.items() for n in range(count)])
def test_a_put_that_is_killed_leaves_all_or_nothing(tmp_path: Path, call: str, number: int) -> None:
    done = put(tmp_path / "root", call, number, "signal=KILL")
    assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}, done.stderr
    assert whole_or_absent(tmp_path / "root") == (call == "unlink" or (call, number) == ("fsync", 4))
    can_be_put_again(tmp_path / "root")


@pytest.mark.parametrize(("call", "number"), [("write", 1), ("fsync", 1), ("fsync", 2), ("fsync", 3), ("link", 1)])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_put_that_the_disk_refuses_is_not_acknowledged(tmp_path: Path, call: str, number: int, error: str) -> None:
    done = put(tmp_path / "root", call, number, f"error={error}")
    assert done.returncode == 1
    assert "refused: " in done.stderr
    assert not whole_or_absent(tmp_path / "root")
    can_be_put_again(tmp_path / "root")
