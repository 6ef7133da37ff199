"""A file of any size through the whole service: generated, uploaded, trained on, and the memory that it took.

    python -m benchmarks.larger_than_memory --gigabytes 5 --format npz

What is told of each process is VmHWM, the most that was ever resident: private memory and the pages of mapped files
alike. It is the strictest of the measures; what a control group charges includes the page cache instead, which the
kernel takes back when it needs it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.client import Client
from service.ephemeral import service

CHANNELS, LENGTH = 3, 1024
CASE_BYTES = CHANNELS * LENGTH * 4
BLOCK = 2048
"""Cases that are made at once."""
NETWORK = {"layers": [{"kind": "conv1d", "out_channels": 8, "kernel": 8, "stride": 4}, {"kind": "relu"}]}
REQUEST = {
    "network": {"layers": [*NETWORK["layers"], {"kind": "global_average_pool"}]},
    "training": {"epochs": 1, "batch_size": 64, "validation": {"fraction": 0.1}},
}
MEBIBYTE = 1 << 20


def blocks(cases: int, size: int = BLOCK) -> Iterator[NDArray[np.float32]]:
    """Blocks (n, channels, length) of cases, no two of them equal: even ones lie above zero, odd ones below."""
    noise = np.random.default_rng(0).standard_normal((size, CHANNELS, LENGTH), np.float32)
    for start in range(0, cases, size):
        number = np.arange(start, min(start + size, cases))
        level = np.where(number % 2, -0.3, 0.3) + number / cases / 10
        yield noise[: len(number)] + level.astype(np.float32)[:, None, None]


def labels(cases: int) -> NDArray[np.str_]:
    """(cases,) the class of each."""
    return np.where(np.arange(cases) % 2, "down", "up")


def write_npz(path: Path, cases: int) -> None:
    """An archive as `numpy.savez` makes them, without an array that is as large as the file."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (cases, CHANNELS, LENGTH)}
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("X.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array_header_1_0(member, header)
            for block in blocks(cases):
                member.write(block.data)
        with archive.open("y.npy", "w") as member:
            np.lib.format.write_array(member, labels(cases), allow_pickle=False)


def write_parquet(path: Path, cases: int) -> None:
    """A wide table: a row a case, a column for each step of each channel."""
    import pyarrow as pa  # noqa: PLC0415 - loaded by whoever writes a table
    from pyarrow import parquet  # noqa: PLC0415 - as above

    names = [f"c{channel}_{step}" for channel in range(CHANNELS) for step in range(LENGTH)]
    schema = pa.schema([("label", pa.string()), *((name, pa.float32()) for name in names)])
    answers = labels(cases)
    with parquet.ParquetWriter(path, schema, use_dictionary=["label"], data_page_size=1 << 14) as writer:
        first = 0
        for block in blocks(cases, 4 * BLOCK):
            steps = np.ascontiguousarray(block.reshape(len(block), -1).T)
            columns = [pa.array(answers[first : first + len(block)]), *(pa.array(step) for step in steps)]
            writer.write_table(pa.table(columns, schema=schema))
            first += len(block)


def write_long(path: Path, cases: int) -> None:
    """A table in long form: a row a step, with the case, the time and the label of each; sorted by case and time."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import parquet  # noqa: PLC0415 - as above

    kinds = {"case": pa.int32(), "time": pa.int32(), "label": pa.string()}
    schema = pa.schema([*kinds.items(), *((f"c{channel}", pa.float32()) for channel in range(CHANNELS))])
    answers = labels(cases)
    with parquet.ParquetWriter(path, schema, use_dictionary=["case", "time", "label"]) as writer:
        first = 0
        for block in blocks(cases, BLOCK // 4):
            number = np.arange(first, first + len(block))
            steps = np.tile(np.arange(LENGTH, dtype=np.int32), len(block))
            columns = [np.repeat(number.astype(np.int32), LENGTH), steps, np.repeat(answers[number], LENGTH)]
            values = block.transpose(1, 0, 2).reshape(CHANNELS, -1)
            writer.write_table(pa.table([pa.array(each) for each in (*columns, *values)], schema=schema))
            first += len(block)


WRITERS: Mapping[str, Callable[[Path, int], None]] = {
    "npz": write_npz,
    "parquet": write_parquet,
    "long.parquet": write_long,
}


@dataclass
class Peaks:
    """The most that was resident, in bytes, of the service (from its start) and of the processes that it started."""

    service: int = 0
    children: dict[int, int] = field(default_factory=dict)

    @property
    def child(self) -> int:
        """Of the largest child."""
        return max(self.children.values(), default=0)


@contextmanager
def watched(pid: int) -> Iterator[Peaks]:
    """Look at the peaks of a process and of its children, until the block ends."""
    peaks, ended = Peaks(resident_peak(pid)), threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peaks.service = max(peaks.service, resident_peak(pid))
            for child in attempts(pid):
                peaks.children[child] = max(peaks.children.get(child, 0), resident_peak(child))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def resident_peak(pid: int) -> int:
    """VmHWM in bytes; zero when the process is gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) << 10 if found else 0


def attempts(pid: int) -> list[int]:
    """The training processes that a process has started; one that is about to be has its parent's memory still."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        return [child for child in children if b"service.jobs.attempt" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except (FileNotFoundError, ProcessLookupError):
        return []


@dataclass(frozen=True)
class Passed:
    """What the way through the service took; bytes, and seconds."""

    size: int
    idle: int
    upload: int
    training: int
    attempt: int
    seconds: Mapping[str, float]
    state: str
    metrics: Mapping[str, float]


def run(
    directory: Path, size: int, kind: str, settings: Mapping[str, str] | None = None, task: str = "classification"
) -> Passed:
    """Generate a file of about `size` bytes of values, upload it, and train an epoch on it."""
    path = directory / f"large.{kind}"
    seconds, begun = {}, time.monotonic()
    WRITERS[kind](path, size // CASE_BYTES)
    seconds["generate"] = time.monotonic() - begun
    size = path.stat().st_size
    with (
        service(directory / "data", directory / "service.log", settings) as running,
        closing(Client(running.rest)) as client,
        watched(running.process.pid) as peaks,
    ):
        idle, begun = resident_peak(running.process.pid), time.monotonic()
        dataset = client.upload(path, "large")
        seconds["upload"], begun = time.monotonic() - begun, time.monotonic()
        upload = resident_peak(running.process.pid)
        job = client.submit({"model": "large", "dataset": dataset["id"], "task": task, **REQUEST})
        for _ in client.follow(job["id"]):
            pass
        seconds["train"] = time.monotonic() - begun
        ended = client.job(job["id"])
    return Passed(size, idle, upload, peaks.service, peaks.child, seconds, ended["state"], ended["metrics"] or {})


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks.larger_than_memory", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="bytes of values, in 10^9; default 5")
    parser.add_argument("--format", choices=sorted(WRITERS), default="npz", help="default npz")
    parser.add_argument("--task", choices=("classification", "forecasting"), default="classification")
    parser.add_argument("--directory", type=Path, help="where three times as much fits; by default the temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="wavetap-large-") as directory:
        passed = run(Path(directory), int(options.gigabytes * 1e9), options.format, task=options.task)
    print(f"{options.format} of {passed.size / 1e9:.2f} GB: {passed.state}, {dict(passed.metrics)}")
    print(", ".join(f"{name} {took:.0f} s" for name, took in passed.seconds.items()))
    for name in ("idle", "upload", "training", "attempt"):
        who = "training process" if name == "attempt" else f"service ({name})"
        print(f"{who}: at most {getattr(passed, name) / MEBIBYTE:.0f} MiB resident (VmHWM)")


if __name__ == "__main__":
    main()
