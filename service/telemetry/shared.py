"""Metrics of several processes in one: each writes into files of a directory, and any of them can add them up."""

import fcntl
import os
import shutil
import uuid
from pathlib import Path
from typing import Self

from prometheus_client import multiprocess

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the client library looks for the directory, once, when it is loaded."""
LOCK = "lock"


class SharedMetrics:
    """A directory for the workers of one service; what services that were killed have left is removed."""

    def __init__(self, root: Path) -> None:
        """Make nothing yet."""
        self._root = root
        self._directory = root / uuid.uuid4().hex

    @property
    def environment(self) -> dict[str, str]:
        """What a worker must know."""
        return {VARIABLE: str(self._directory)}

    def __enter__(self) -> Self:
        """Make the directory, held by a lock that the kernel lets go of when this process dies."""
        self._root.mkdir(parents=True, exist_ok=True)
        for left in self._root.iterdir():
            if _is_free(left / LOCK):
                shutil.rmtree(left, ignore_errors=True)
        self._directory.mkdir()
        self._lock = os.open(self._directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove it."""
        shutil.rmtree(self._directory, ignore_errors=True)
        os.close(self._lock)

    def forget(self, pid: int) -> None:
        """A worker is dead: what it counted stays, what it was busy with is over."""
        multiprocess.mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]  # it has no types


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock; one that is not there yet may be about to be held."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
