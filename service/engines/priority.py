"""How training gives way to those who answer requests.

`idle` is the kernel's SCHED_IDLE: whoever wakes to answer a request has the processor at once, where among ordinary
processes, however nice one of them is, it waits for the end of a slice. Two of that class share what is left, fairly.
"""

import os
import sys
from collections.abc import Callable, Mapping

NICENESS = 10


def _idle(pid: int) -> None:
    if sys.platform == "linux":
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    else:
        _low(pid)


def _low(pid: int) -> None:
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)


def _normal(_pid: int) -> None:
    """As it comes."""


PRIORITIES: Mapping[str, Callable[[int], None]] = {"idle": _idle, "low": _low, "normal": _normal}
"""The values of the setting, each with what it does to a process; the threads and processes that it starts inherit."""


def give(priority: str, pid: int) -> None:
    """Give a process one of PRIORITIES; where the machine's owner does not allow it, things stay as they are."""
    try:
        PRIORITIES[priority](pid)
    except (PermissionError, ProcessLookupError):  # the second: it has ended already
        return
