"""Two supervisors on one database, each stopped past its lease while it holds a job, and let go on again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.adapters.clock import SystemClock
from service.adapters.database.census import DatabaseCensus
from service.adapters.database.connection import Database
from service.domain.datasets import Ingested, Limits, Reading, Upload
from service.domain.jobs import EventKind, Job
from service.domain.states import TERMINAL, JobState
from service.usecases.datasets import Datasets
from service.usecases.training import Training
from tests.patience import eventually
from tests.processes import children, paused
from tests.records import some_series
from tests.stores import Stores, stores_in

ROOT = Path(__file__).parents[2]
CORE = ROOT / "tests" / "integration" / "core.py"
LEASE = 1.0
PATIENCE = 120.0
EPOCHS = 25
REQUEST = {
    "model": "rivals",
    "network": {"layers": [{"kind": "conv1d", "out_channels": 8, "kernel": 5}, {"kind": "batch_normalization"}]},
    "training": {"epochs": EPOCHS, "batch_size": 8, "seed": 3},
}


@dataclass(frozen=True)
class Outcome:
    """What was done, and what is wrong."""

    jobs: int
    attempts: int
    takeovers: int
    faults: tuple[str, ...]


@dataclass
class Rivals:
    """Stores, and the supervisors over them by their names in a lease."""

    directory: Path
    url: str
    stores: Stores
    cores: dict[str, subprocess.Popen[bytes]]

    def start(self) -> None:
        """Start another supervisor, and learn its name from the first lease that it takes."""
        known = set(self.cores)
        command = [sys.executable, str(CORE), str(self.directory), str(LEASE), self.url]
        with (self.directory / f"core-{len(known)}.log").open("wb") as log:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
        self.cores[f"unnamed {len(known)}"] = process
        (name,) = eventually(lambda: self._owners() - known, "a lease of the new supervisor", PATIENCE)
        self.cores[name] = self.cores.pop(f"unnamed {len(known)}")

    def held(self, name: str) -> list[Job]:
        """The jobs that a supervisor runs."""
        return [job for job in self.stores.jobs.owned() if job.lease is not None and job.lease.owner == name]

    def take_over(self, name: str, impatient: Database) -> bool:
        """Stop a supervisor while it holds a job, until the other one has it; then let it go on."""
        process = self.cores[name]
        with paused(lambda: [process.pid, *children(process.pid)], impatient):
            held = self.held(name)
            if not held:
                return False
            eventually(lambda: self.stores.jobs.get(held[0].id).attempt > held[0].attempt, "another holder", PATIENCE)
        return True

    def close(self) -> None:
        """End every supervisor, however it is."""
        for process in self.cores.values():
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def _owners(self) -> set[str]:
        return {job.lease.owner for job in self.stores.jobs.owned() if job.lease is not None}


def rivalry(directory: Path, url: str, jobs: int, takeovers: int) -> Outcome:
    """Run so many short jobs to their ends under so many take-overs, by turns of either supervisor."""
    with _rivals(directory, url) as rivals:
        submitted = _submit(rivals, jobs)
        rivals.start()
        rivals.start()
        impatient = Database(url, busy_seconds=0.05)
        done = 0
        while done < takeovers and _unfinished(rivals):
            done += rivals.take_over(list(rivals.cores)[done % 2], impatient)
        impatient.close()
        left = _unfinished(rivals)
        while left:
            left = eventually(lambda left=left: _fewer(rivals, left), "the end of another job", PATIENCE) - 1
        found = [rivals.stores.jobs.get(job.id) for job in submitted]
        faults = [fault for job in found for fault in _faults(rivals.stores, job)]
        versions = len(rivals.stores.catalogue.model("rivals").versions)
        if versions != jobs:
            faults.append(f"{jobs} jobs have published {versions} versions")
        return Outcome(jobs, sum(job.attempt for job in found), done, tuple(faults))


@contextmanager
def _rivals(directory: Path, url: str) -> Iterator[Rivals]:
    with stores_in(directory, SystemClock(), url) as stores:
        rivals = Rivals(directory, url, stores, {})
        try:
            yield rivals
        finally:
            rivals.close()


def _submit(rivals: Rivals, count: int) -> list[Job]:
    stores = rivals.stores
    series = some_series(cases=96, channels=2, length=40)
    datasets = Datasets(
        stores.datasets, stores.artifacts, lambda *_, **__: Ingested(series, "ts"), stores.clock, Limits()
    )
    dataset, _ = datasets.add("rivals", Upload(rivals.directory / "upload", 0), Reading())
    training = Training(stores.jobs, stores.datasets, stores.artifacts, stores.clock, lambda: None)
    return [training.submit({**REQUEST, "dataset": dataset.id})[0] for _ in range(count)]


def _unfinished(rivals: Rivals) -> int:
    counts = DatabaseCensus(rivals.stores.database).jobs_by_state()
    return sum(count for state, count in counts.items() if JobState(state) not in TERMINAL)


def _fewer(rivals: Rivals, than: int) -> int | None:
    """How many are unfinished, and one: so that none is not nothing."""
    found = _unfinished(rivals)
    return found + 1 if found < than else None


def _faults(stores: Stores, job: Job) -> Iterator[str]:
    if job.state is not JobState.SUCCEEDED:
        yield f"{job.id} has {job.state}: {job.failure}"
    events = stores.jobs.events(job.id, 0, 10_000).events
    epochs = [event.data["epoch"] for event in events if event.kind is EventKind.EPOCH]
    if epochs != list(range(1, EPOCHS + 1)):
        yield f"{job.id} has recorded the epochs {epochs}"
    if [event.sequence for event in events] != list(range(1, len(events) + 1)):
        yield f"the events of {job.id} have a gap"
    if [event.kind for event in events].count(EventKind.END) != 1:
        yield f"{job.id} has not ended once"
