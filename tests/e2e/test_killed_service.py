"""The whole service, killed in the middle of a job: nothing acknowledged is lost, the job ends as if undisturbed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.client import Client
from service.ephemeral import service
from tests.halts import halted_after

EPOCHS = 60
TRAINING = {"epochs": EPOCHS, "seed": 3}
GUNPOINT = Path(__file__).parents[2] / "examples" / "data" / "GunPoint" / "GunPoint_TRAIN.ts"


def await_job(client: Client, identifier: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        job = client.job(identifier)
        if condition(job):
            return dict(job)
        time.sleep(0.01)
    pytest.fail(f"The job did not get there: {client.job(identifier)}")


@pytest.mark.e2e
@pytest.mark.slow
def test_a_job_outlives_its_service_bit_for_bit(tmp_path: Path) -> None:
    with service(tmp_path / "data", tmp_path / "first.log", halted_after(3)) as first, Client(first.rest) as client:
        dataset = client.upload(GUNPOINT, "gunpoint")
        request = {"dataset": "gunpoint", "training": TRAINING}
        broken = client.submit({"model": "broken", **request})["id"]
        await_job(client, broken, lambda job: job["epoch"] >= 3)
        first.process.kill()
        first.process.wait()
    with service(tmp_path / "data", tmp_path / "second.log") as second, Client(second.rest) as client:
        assert client.dataset("gunpoint")["digest"] == dataset["digest"]
        job = await_job(client, broken, lambda job: job["finished_at"] is not None)
        assert (job["state"], job["attempt"]) == ("SUCCEEDED", 2), (tmp_path / "second.log").read_text()
        assert [record["epoch"] for record in job["history"]] == list(range(1, EPOCHS + 1))
        whole = client.submit({"model": "whole", **request})["id"]
        undisturbed = await_job(client, whole, lambda job: job["state"] == "SUCCEEDED")["history"]
        assert [record["metrics"] for record in job["history"]] == [record["metrics"] for record in undisturbed]
