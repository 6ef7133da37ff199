"""A trial: a copy of the package and its tests, a fault planted in it, and the one test that must notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.faults import Fault

ROOT = Path(__file__).parents[2]
COPIED = ("model", "tests", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "e2e", "integration", "contract")
FAILED = 1
"""pytest's exit code when tests ran and some failed; a test that cannot be found or imported gives another."""


@dataclass(frozen=True)
class Trial:
    """`sound`: the test passes without the fault. `caught`: it fails with it."""

    fault: Fault
    sound: bool
    caught: bool
    seconds: float
    report: str


def plant(fault: Fault, root: Path) -> None:
    """Makes the replacement, which must match exactly once."""
    path = root / fault.file
    text = path.read_text("utf-8")
    if text.count(fault.finds) != 1:
        raise ValueError(
            f"{fault.name}: {fault.file} holds the text to replace {text.count(fault.finds)} times, not once"
        )
    path.write_text(text.replace(fault.finds, fault.plants), "utf-8")


def try_fault(fault: Fault, *, control: bool = False) -> Trial:
    """Runs the fault's test in a faulty copy; with `control`, in a sound copy before."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        root = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name, **_options(source))
        sound = not control or _run(fault.test, root).returncode == 0
        plant(fault, root)
        outcome = _run(fault.test, root)
    caught = outcome.returncode == FAILED
    return Trial(fault, sound, caught, time.perf_counter() - start, outcome.stdout[-2000:] + outcome.stderr[-2000:])


def _options(source: Path) -> dict[str, object]:
    return {"ignore": LEFT_OUT} if source.is_dir() else {}


def _run(test: str, root: Path) -> subprocess.CompletedProcess[str]:
    """pytest on one test, in a process that sees the copy only."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300)
