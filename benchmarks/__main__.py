"""Runs the sections, each in a process of its own, and writes what they found as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import environment, report
from benchmarks.measurement import Measurement

ROOT = Path(__file__).resolve().parent.parent
TABLE, NUMBERS = ROOT / "docs" / "benchmarks.md", ROOT / "benchmarks" / "results.json"
SECTIONS = ("products", "layers", "training", "inference", "memory", "profile", "compiled")
ONE_THREAD = {"memory", "profile"}
"""Two shards hold no more than one does, and would overlap in a profile."""


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few shapes, one thread: about two minutes")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections; default: all")
    parser.add_argument("--threads", nargs="+", type=int, help="default: 1 2; with --quick: 1")
    parser.add_argument("--table", type=Path, help=f"default: {TABLE.relative_to(ROOT)} if the run is a full one")
    parser.add_argument("--json", type=Path, help=f"default: {NUMBERS.relative_to(ROOT)} if the run is a full one")
    chosen = parser.parse_args()
    full = not chosen.quick and chosen.only == SECTIONS
    described = environment.describe() | {"run": "full" if full else "a part", "date": time.strftime("%Y-%m-%d")}
    if environment.busy():
        print("The machine is busy; contenders whose threads wait for each other suffer most: do not trust the ratios.")
    start = time.monotonic()
    found: list[Measurement] = []
    for section in chosen.only:
        for threads in chosen.threads or ([1] if chosen.quick else [1, 2]):
            if threads == 1 or section not in ONE_THREAD:
                found += run(section, threads, quick=chosen.quick)
        described["minutes"] = f"{(time.monotonic() - start) / 60:.1f}"
        write(found, described, chosen.table or (TABLE if full else None), chosen.json or (NUMBERS if full else None))
    print(report.summary(found))


def run(section: str, threads: int, *, quick: bool) -> list[Measurement]:
    """One child process, its measurements shown as they come."""
    print(f"{section}, {threads} thread{'s' * (threads > 1)}", flush=True)
    found = []
    for measurement in _measurements(section, threads, quick=quick):
        print("  " + report.line(measurement), flush=True)
        found.append(measurement)
    return found


def _measurements(section: str, threads: int, *, quick: bool) -> Iterator[Measurement]:
    command = [sys.executable, "-m", "benchmarks.child", section, str(threads), *(["quick"] if quick else [])]
    with tempfile.TemporaryDirectory() as cache:
        own = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": str(threads),
            "TORCHINDUCTOR_CACHE_DIR": cache,  # so that nothing was compiled before, and nothing stays
        }
        with subprocess.Popen(  # noqa: S603 - this package
            command, cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, text=True
        ) as child:
            yield from map(Measurement.from_json, child.stdout or ())
    if child.returncode:
        raise SystemExit(f"{section} with {threads} threads ended with status {child.returncode}")


def write(found: Sequence[Measurement], described: Mapping[str, str], table: Path | None, numbers: Path | None) -> None:
    """What is known so far, where it is wanted."""
    if numbers is not None:
        content = {"machine": described, "measurements": [asdict(one) for one in found]}
        numbers.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if table is not None:
        table.write_text(report.document(found, described), encoding="utf-8")


if __name__ == "__main__":
    main()
