"""Processes as the kernel lists them."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from service.adapters.database.connection import Database
from service.errors import Unavailable
from tests.patience import eventually


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def tell(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to whoever is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def paused(pids: Callable[[], list[int]], database: Database) -> Iterator[None]:
    """Stop processes until the block ends, at a moment at which others can write.

    On SQLite whoever is stopped in the middle of a transaction holds up every writer.
    """
    stopped: list[int] = []

    def stop() -> bool:
        tell(stopped, signal.SIGCONT)
        stopped[:] = pids()
        tell(stopped, signal.SIGSTOP)
        try:
            with database.writing():
                return True
        except Unavailable:
            return False

    eventually(stop, "a moment without a transaction")
    try:
        yield
    finally:
        tell(stopped, signal.SIGCONT)
