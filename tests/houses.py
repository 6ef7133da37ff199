"""The whole service put together in this process, over a directory, and models trained in it without a supervisor."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from service.adapters.database.migrate import migrate
from service.bootstrap import House, build
from service.domain.datasets import Dataset, Reading, Upload
from service.domain.jobs import Job
from service.jobs.interruption import Interruption
from service.jobs.training import Attempt, run
from service.settings import Settings
from service.telemetry.logs import logger

LEASE = timedelta(minutes=10)
CHANNELS, LENGTH = 2, 12
TINY = {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "relu"}]}


@contextmanager
def house_in(directory: Path, **settings: Any) -> Iterator[House]:
    house = build(Settings(data_dir=directory, **{"running_jobs": 0, **settings}))
    migrate(house.database)
    yield house
    house.close()


def cases(count: int = 20, channels: int = CHANNELS, length: int = LENGTH, seed: int = 0) -> np.ndarray:
    """(count, channels, length) float32: even cases are above zero, odd ones below."""
    generator = np.random.default_rng(seed)
    sign = np.where(np.arange(count) % 2, -1.0, 1.0)[:, None, None]
    return (sign + generator.normal(0, 0.3, (count, channels, length))).astype(np.float32)


def classification_file(count: int = 20, **options: Any) -> bytes:
    labels = ["down" if index % 2 else "up" for index in range(count)]
    return json.dumps({"series": cases(count, **options).tolist(), "labels": labels}).encode()


def regression_file(count: int = 20) -> bytes:
    values = cases(count)
    return json.dumps({"series": values.tolist(), "targets": values.mean((1, 2)).tolist()}).encode()


def forecasting_file(steps: int = 200) -> bytes:
    table = io.StringIO()
    table.write("time,load,heat\n")
    for step in range(steps):
        table.write(f"{step},{np.sin(step / 5):.5f},{np.cos(step / 5):.5f}\n")
    return table.getvalue().encode()


def add_dataset(house: House, name: str, content: bytes, reading: Reading | None = None) -> Dataset:
    path = house.edge.spool.directory / f"{name}.test"
    path.write_bytes(content)
    try:
        upload = Upload(path, len(content))
        return house.edge.services.datasets.add(name, upload, reading or Reading(format="json"))[0]
    finally:
        path.unlink()


def train(house: House, model: str, dataset: str, **request: Any) -> Job:
    """Submit a job and run it to its end in this very process."""
    training: Mapping[str, Any] = {"epochs": 2, "batch_size": 4, **request.pop("training", {})}
    submitted = {"model": model, "dataset": dataset, "network": TINY, "training": training, **request}
    job, _ = house.edge.services.training.submit(submitted)
    return run_next(house, job)


def run_next(house: House, job: Job) -> Job:
    """Run the oldest queued job, which must be this one, to its end in this very process."""
    claimed = house.supervisor.jobs.claim("tests", LEASE)
    assert claimed is not None
    assert claimed.id == job.id
    stores = house.edge.services
    run(
        Attempt(
            claim=claimed.claim,
            jobs=house.supervisor.jobs,
            datasets=stores.training._datasets,
            artifacts=house.artifacts,
            clock=house.clock,
            interruption=Interruption(),
            log=logger(),
            lease=LEASE,
        )
    )
    return house.edge.services.training.get(job.id)
