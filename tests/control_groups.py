"""A control group of one's own, within ours, in which the kernel kills whoever uses too much memory."""

import signal
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.patience import eventually
from tests.processes import tell

MOUNT = Path("/sys/fs/cgroup")
LIMITS = {"memory": "memory.limit_in_bytes", "": "memory.max"}
"""The file of the limit, by the controllers that a line of /proc/self/cgroup names: version 1 and version 2."""


@contextmanager
def limited_memory(size: int) -> Iterator[Sequence[str]]:
    """A command that moves itself into the group and becomes its arguments; skips, loudly, where there can be none."""
    made = _made(size)
    if made is None:
        pytest.skip("NO CONTROL GROUP CAN BE MADE HERE: give the tests a writable /sys/fs/cgroup, and this runs")
    try:
        yield ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(made)]
    finally:
        eventually(lambda: _removed(made), "the end of everybody in the group")


def _made(size: int) -> Path | None:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in LIMITS:
            ours = MOUNT / controllers / path.lstrip("/")
            group = ours / f"wavetap-{uuid.uuid4().hex[:8]}"
            with suppress(OSError):
                group.mkdir()
                with suppress(OSError):
                    (group / LIMITS[controllers]).write_text(str(size))
                    return group
                group.rmdir()
    return None


def _removed(group: Path) -> bool:
    """Whether it is gone; whoever is in it ends first."""
    tell(map(int, (group / "cgroup.procs").read_text().split()), signal.SIGKILL)
    try:
        group.rmdir()
    except OSError:
        return False
    return True
