"""Starts both servers, lets them take turns, and writes what was found as a page and as JSON: `make bench-serving`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import environment
from benchmarks.serving import report
from benchmarks.serving.beside_training import beside_training
from benchmarks.serving.load import Bodies, Load, ask_by_grpc
from benchmarks.serving.preparation import publish, require_agreement
from benchmarks.serving.rounds import BODIES, MIXED, compare
from benchmarks.serving.servers import ROOT, Server, mlserver, wavetap
from benchmarks.serving.start import READY, starts

TABLE, NUMBERS = ROOT / "docs" / "benchmarks-serving.md", ROOT / "benchmarks" / "serving" / "results.json"
MIXED_SECONDS = 60.0


@dataclass(frozen=True)
class Extent:
    """How much is measured: rounds and seconds of a turn, and how often each server is started."""

    rounds: int
    seconds: float
    starts: int


FULL, QUICK = Extent(rounds=7, seconds=5.0, starts=5), Extent(rounds=3, seconds=2.0, starts=2)


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds: about five minutes, not thirteen")
    parser.add_argument("--mlserver", type=Path, required=True, help="the Python of MLServer's environment")
    parser.add_argument("--table", type=Path, default=TABLE, help=f"default: {TABLE.relative_to(ROOT)}")
    parser.add_argument("--json", type=Path, default=NUMBERS, help=f"default: {NUMBERS.relative_to(ROOT)}")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("This needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="wavetap-bench-") as directory:
        found = run(QUICK if chosen.quick else FULL, Path(directory), chosen.mlserver.absolute(), quick=chosen.quick)
    chosen.table.write_text(report.document(found), encoding="utf-8")
    chosen.json.write_text(json.dumps(report.data(found), indent=1) + "\n", encoding="utf-8")
    print(report.summary(found))


def run(extent: Extent, directory: Path, python: Path, *, quick: bool) -> report.Found:
    """Everything, in one go."""
    begun = time.monotonic()
    machine = _machine("quick" if quick else "full")
    bodies = Bodies(_made(directory / "bodies"), BODIES)
    with wavetap(directory / "data") as ours:
        ours.first_answer(READY)
        onnx = publish(ours, directory)
        with mlserver(python, onnx) as theirs:
            theirs.first_answer(READY)
            difference = require_agreement(ours, theirs)
            comparisons = list(compare(bodies, ours, theirs, extent.rounds, extent.seconds))
        mixed, by_grpc = _mixed(bodies, ours)
        beside = beside_training(bodies, ours, extent.rounds, extent.seconds)
    with wavetap(directory / "data", workers := _cores()) as many, mlserver(python, onnx) as theirs:
        many.first_answer(READY)
        theirs.first_answer(READY)
        print(f"  and with {workers} workers", flush=True)
        with_workers = list(compare(bodies, many, theirs, extent.rounds, extent.seconds))
    us = starts(partial(wavetap, directory / "data"), extent.starts)
    them = starts(partial(mlserver, python, onnx), extent.starts)
    machine["minutes"] = f"{(time.monotonic() - begun) / 60:.1f}"
    return report.Found(machine, comparisons, with_workers, mixed, by_grpc, beside, us, them, difference)


def _mixed(bodies: Bodies, server: Server) -> tuple[Load, Load]:
    """Every kind of request at once, over both protocols."""
    print("  a mixed load for a minute", flush=True)
    with ThreadPoolExecutor(2) as threads:
        over_http = threads.submit(bodies.ask, server, MIXED, MIXED_SECONDS)
        over_grpc = threads.submit(ask_by_grpc, server, MIXED_SECONDS)
        return over_http.result(), over_grpc.result()


def _machine(extent: str) -> dict[str, str]:
    return {
        "processor": environment.processor(),
        "cores": str(_cores()),
        "load before the run": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
        "run": extent,
        "date": time.strftime("%Y-%m-%d"),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


if __name__ == "__main__":
    main()
