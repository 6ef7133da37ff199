"""The machine and the versions that a run was made with."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

QUIET = 0.35
PACKAGES = ("numpy", "torch", "onnxruntime")


def describe() -> dict[str, str]:
    """Processor, cores, system and versions."""
    described = {
        "processor": processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
    }
    return described | {package: metadata.version(package) for package in PACKAGES}


def busy() -> bool:
    """Whether others compute, too: more than a third of a core was taken over the last minute."""
    return os.getloadavg()[0] > QUIET


def processor() -> str:
    """Its name, as the system gives it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
