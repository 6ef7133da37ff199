"""Runs the sections, each in a process of its own, and writes what they found as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import environment, report
from benchmarks.measurement import Measurement

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = ("products", "layers", "training", "inference", "memory", "profile", "compiled")


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer shapes, about two minutes")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections; default: all")
    parser.add_argument("--threads", nargs="+", type=int, default=None, help="default: 1 2, quick: 1")
    parser.add_argument("--table", type=Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results.json")
    chosen = parser.parse_args()
    described = environment.describe()
    if environment.busy():
        print(
            "The machine is busy: contenders whose threads wait for each other suffer most, so ratios are not to be trusted."
        )
    start = time.monotonic()
    found = [
        measurement
        for section in chosen.only
        for threads in chosen.threads or ([1] if chosen.quick else [1, 2])
        for measurement in run(section, threads, quick=chosen.quick)
    ]
    described |= {
        "date": time.strftime("%Y-%m-%d"),
        "run": f"{'quick' if chosen.quick else 'full'}, {(time.monotonic() - start) / 60:.0f} minutes",
    }
    chosen.json.write_text(
        json.dumps({"environment": described, "measurements": [asdict(one) for one in found]}, indent=1) + "\n",
        encoding="utf-8",
    )
    chosen.table.write_text(report.document(found, described), encoding="utf-8")
    print(report.summary(found))


def run(section: str, threads: int, *, quick: bool) -> list[Measurement]:
    """One child process, its measurements shown as they come."""
    command = [sys.executable, "-m", "benchmarks.child", section, str(threads), *(["quick"] if quick else [])]
    threading = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": str(threads)}
    print(f"{section}, {threads} thread{'s' * (threads > 1)}", flush=True)
    found = []
    with subprocess.Popen(  # noqa: S603 - this package
        command, cwd=ROOT, env=os.environ | threading, stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout or ():
            found.append(Measurement.from_json(line))
            print("  " + report.line(found[-1]), flush=True)
    if child.returncode:
        raise SystemExit(f"{section} with {threads} threads ended with status {child.returncode}")
    return found


if __name__ == "__main__":
    main()
