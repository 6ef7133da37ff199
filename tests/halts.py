"""Trainings that stand still in the middle, so that a test meets them there however busy the machine is."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
HALTING = Path(__file__).parent / "halting"


def halted_after(epoch: int, go_on: Path = Path("/never")) -> Mapping[str, str]:
    """The environment of a service whose first attempts commit every epoch, and stand still after this one.

    They go on when they are told to end, and when the file is there.
    """
    path = os.pathsep.join((str(ROOT), str(HALTING)))
    return {"PYTHONPATH": path, "HALT_AFTER": str(epoch), "GO_ON": str(go_on)}


def killed_before_reply() -> Mapping[str, str]:
    """The environment of a service that is killed whenever it has made something and has not said so yet."""
    path = os.pathsep.join((str(ROOT), str(HALTING)))
    return {"PYTHONPATH": path, "KILL_BEFORE_REPLY": "1"}
