"""Evidence that the kernel killed a process for want of memory: the counters of our control group."""

from pathlib import Path

MEMBERSHIP = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")


def oom_kills(membership: Path = MEMBERSHIP, mount: Path = MOUNT) -> int:
    """How many processes of our group, and of those above it that can be seen, were killed for want of memory."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return 0
    counters = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            counters += [mount / path.lstrip("/") / "memory.events", mount / "memory.events"]
        elif "memory" in controllers.split(","):
            folder = mount / "memory"
            counters += [folder / path.lstrip("/") / "memory.oom_control", folder / "memory.oom_control"]
    return max((_counted(counter) for counter in counters), default=0)


def _counted(counter: Path) -> int:
    try:
        words = (line.split() for line in counter.read_text().splitlines())
        return next((int(number) for name, number in words if name == "oom_kill"), 0)
    except (OSError, ValueError):
        return 0
