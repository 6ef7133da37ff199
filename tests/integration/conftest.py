"""A data directory with a dataset in it, and cores that can be started, stopped and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from model.data.series import Series
from service.adapters.clock import SystemClock
from service.domain.datasets import Dataset, Ingested, Limits, Reading, Upload
from service.domain.jobs import Job
from service.usecases.datasets import Datasets
from service.usecases.training import Training
from tests.halts import halted_after
from tests.patience import PATIENCE, eventually
from tests.processes import children
from tests.records import some_series
from tests.stores import Stores, stores_in

CORE = Path(__file__).parent / "core.py"


NETWORK = {
    "layers": [
        {"kind": "conv1d", "out_channels": 24, "kernel": 5},
        {"kind": "batch_normalization"},
        {"kind": "relu"},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "conv1d", "out_channels": 24, "kernel": 5},
        {"kind": "relu"},
    ]
}
"""One of each kind of state: weights, moments, running statistics, random numbers."""


def gestures() -> Series:
    """Enough to train on for a few seconds."""
    return some_series(cases=320, channels=3, length=100)


@dataclass
class Core:
    """A process with a supervisor."""

    process: subprocess.Popen[bytes]

    @property
    def attempts(self) -> list[int]:
        return children(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> list[int]:
        """Stop the core with its attempts, and answer whom `proceed` shall wake."""
        stopped = [self.process.pid, *self.attempts]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        return stopped

    def drain(self) -> None:
        """End in order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)


@dataclass
class House:
    """A data directory, seen from the test's own process."""

    directory: Path
    stores: Stores
    training: Training
    dataset: Dataset
    cores: list[Core] = field(default_factory=list)

    def start(self, lease: float = 30.0, halt_after: int | None = None, under: Sequence[str] = ()) -> Core:
        """Start a core; the first attempt of a job stands still after the epoch named, until `go_on` or its end.

        `under` is a command that becomes the core once it has limited itself.
        """
        command = [sys.executable, str(CORE), str(self.directory), str(lease), f"sqlite:///{self.directory}/wavetap.db"]
        environment = {**os.environ, "PYTHONPATH": str(CORE.parents[2])}
        if halt_after is not None:
            environment |= halted_after(halt_after, self._go_on)
        log = (self.directory / f"core-{len(self.cores)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [*under, *command], stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment
            )
        self.cores.append(Core(process))
        return self.cores[-1]

    def go_on(self) -> None:
        """Let attempts that stand still train again."""
        self._go_on.touch()

    @property
    def _go_on(self) -> Path:
        return self.directory / "go-on"

    def submit(self, epochs: int = 3, network: Mapping[str, Any] = NETWORK, **training: Any) -> Job:
        request = {
            "model": "gestures",
            "dataset": self.dataset.id,
            "network": network,
            "training": {"epochs": epochs, "batch_size": 16, "seed": 7, **training},
        }
        return self.training.submit(request)[0]

    def job(self, job: Job) -> Job:
        return self.stores.jobs.get(job.id)

    def reaches(self, job: Job, epoch: int) -> Job:
        """Wait until an epoch was recorded."""
        return eventually(lambda: (found := self.job(job)).epoch >= epoch and found, f"epoch {epoch} of {job.id}")

    def ends(self, job: Job, patience: float = PATIENCE) -> Job:
        """Wait until the job has ended."""
        return eventually(lambda: (found := self.job(job)).finished_at and found, f"the end of {job.id}", patience)

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.directory.glob("core-*.log")))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = SystemClock()
    with stores_in(tmp_path, clock) as stores:
        series = gestures()
        datasets = Datasets(stores.datasets, stores.artifacts, lambda *_, **__: Ingested(series, "ts"), clock, Limits())
        dataset, _ = datasets.add("gestures", Upload(tmp_path / "upload", 0), Reading())
        house = House(
            tmp_path, stores, Training(stores.jobs, stores.datasets, stores.artifacts, clock, lambda: None), dataset
        )
        yield house
        for core in house.cores:
            core.process.kill()
            core.process.wait()
            if core.process.stdin is not None:
                core.process.stdin.close()
