"""A service that is killed between making and answering: asked again with the same key, it makes nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.client import Client
from service.ephemeral import service
from tests import houses
from tests.e2e.test_killed_service import await_job
from tests.halts import killed_before_reply

FILE = houses.classification_file()
JOB = {"model": "m", "dataset": "d", "network": houses.TINY, "training": {"epochs": 2, "batch_size": 4}}
NUMBERS = count()


@contextmanager
def started(directory: Path, settings: Any = None) -> Iterator[httpx.Client]:
    with (
        service(directory / "data", directory / f"{next(NUMBERS)}.log", settings) as running,
        httpx.Client(base_url=running.rest, timeout=60) as http,
    ):
        yield http


def upload(http: httpx.Client) -> httpx.Response:
    return http.post("/v1/datasets?name=d&format=json", content=FILE, headers={"Idempotency-Key": "upload"})


def submit(http: httpx.Client) -> httpx.Response:
    return http.post("/v1/training-jobs", json=JOB, headers={"Idempotency-Key": "submit"})


def reproduce(http: httpx.Client) -> httpx.Response:
    return http.post("/v1/models/m/versions/1:reproduce", headers={"Idempotency-Key": "reproduce"})


@pytest.mark.e2e
@pytest.mark.slow
def test_what_was_made_before_the_kill_is_answered_after_it(tmp_path: Path) -> None:
    for answered, killed in ((None, upload), (upload, submit), (submit, reproduce)):
        with started(tmp_path, killed_before_reply()) as http:
            if answered is not None:
                repeated = answered(http)
                assert repeated.status_code == 200, repeated.text
                if answered is submit:
                    with Client(str(http.base_url)) as client:
                        await_job(client, repeated.json()["id"], lambda job: job["state"] == "SUCCEEDED")
            with pytest.raises(httpx.TransportError):
                killed(http)
    with started(tmp_path) as http, Client(str(http.base_url)) as client:
        again = reproduce(http)
        assert again.status_code == 200, again.text
        ended = await_job(client, again.json()["id"], lambda job: job["state"] == "SUCCEEDED")
        assert ended["reproduction"]["identical"]
        assert [dataset["name"] for dataset in client.datasets()] == ["d"]
        assert [job["reproduces"] for job in client.jobs()] == [1, None]
        assert client.model("m")["versions"] == [1]
