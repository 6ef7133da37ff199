"""PostgreSQL is stopped in the middle of everything and started again; the service goes on by itself."""

import random
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.client import Client
from service.ephemeral import Running, service
from tests import houses
from tests.halts import halted_after
from tests.patience import eventually
from tests.postgresql import Server, server

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EPOCHS = 40
FILE = houses.classification_file(40, length=32)
TRAINING = {"epochs": EPOCHS, "batch_size": 8, "seed": 3}
JOB = {"model": "gestures", "dataset": "gestures", "network": houses.TINY, "training": TRAINING}
PATIENCE = 60.0
"""A request that waits longer hangs: what the service itself waits for is bounded by ten seconds."""


@pytest.fixture
def database() -> Iterator[Server]:
    """One that pays for what it acknowledges: the tests' shared server leaves out its fsyncs."""
    with server() as running:
        yield running


@contextmanager
def serving(directory: Path, database: Server, **more: str) -> Iterator[tuple[Running, httpx.Client]]:
    settings = {"WAVETAP_DATABASE_URL": database.url, "WAVETAP_TRAINING_PRIORITY": "normal", **more}
    with (
        service(directory / "data", directory / "service.log", settings) as running,
        httpx.Client(base_url=running.rest, timeout=PATIENCE) as http,
    ):
        assert http.post("/v1/datasets?name=gestures&format=json", content=FILE).status_code == 201
        yield running, http


def test_while_the_database_is_away_requests_are_refused_and_models_answer_and_the_job_goes_on_after(
    tmp_path: Path, database: Server
) -> None:
    go_on = tmp_path / "go-on"
    with serving(tmp_path, database, **halted_after(5, go_on)) as (running, http), Client(running.rest) as client:
        whole = client.submit({**JOB, "training": {**TRAINING, "epochs": 4}})["id"]
        eventually(lambda: client.job(whole)["state"] == "SUCCEEDED", "a model")
        assert http.post("/v1/models/gestures:predict", json=CASE).status_code == 200
        job = client.submit(JOB)["id"]
        eventually(lambda: client.job(job)["epoch"] >= 5, "the fifth epoch")
        before = client.job(job)
        database.stop()
        for method, path, body in REFUSED:
            answer = http.request(method, path.format(job=job), content=body)
            assert answer.status_code == 503, (method, path, answer.text)
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["code"] == "UNAVAILABLE"
        assert http.get("/v2/health/live").status_code == 200
        assert http.get("/v2/health/ready").status_code == 503
        assert http.post("/v1/models/gestures:predict", json=CASE).status_code == 200, "it is in memory"
        go_on.touch()  # the training goes on, and finds nobody to record its epochs
        followed = ThreadPoolExecutor(1).submit(lambda: list(client.follow(job)))
        database.start()
        ended = eventually(lambda: done(http, job), "the end of the job")
        assert (ended["state"], ended["crashes"]) == ("SUCCEEDED", 0), (tmp_path / "service.log").read_text()
        assert ended["history"][: before["epoch"]] == before["history"]
        assert [epoch["epoch"] for epoch in ended["history"]] == list(range(1, EPOCHS + 1))
        sequences = [event.sequence for event in followed.result(PATIENCE)]
        assert sequences == list(range(1, len(sequences) + 1)), "who followed has missed nothing"
        assert running.process.poll() is None


CASE = {"series": houses.cases(1, length=32).tolist()}
REFUSED = (
    ("GET", "/v1/datasets", b""),
    ("GET", "/v1/datasets/gestures", b""),
    ("POST", "/v1/datasets?name=more&format=json", FILE),
    ("GET", "/v1/training-jobs", b""),
    ("GET", "/v1/training-jobs/{job}", b""),
    ("GET", "/v1/training-jobs/{job}/events", b""),
    ("POST", "/v1/training-jobs/{job}:cancel", b""),
    ("GET", "/v1/models", b""),
    ("DELETE", "/v1/models/gestures", b""),
)


def done(http: httpx.Client, job: str) -> dict[str, Any] | None:
    """The job once it has ended; it may be asked for while the database is away."""
    answer = http.get(f"/v1/training-jobs/{job}")
    assert answer.status_code in {200, 503}, answer.text
    found: dict[str, Any] = answer.json()
    return found if answer.status_code == 200 and found["finished_at"] else None


@dataclass
class Load:
    """Clients that make things all the while, and remember what they were told."""

    rest: str
    over: threading.Event = field(default_factory=threading.Event)
    datasets: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def run(self, client: int) -> None:
        chance, number = random.Random(client), 0
        with httpx.Client(base_url=self.rest, timeout=PATIENCE) as http:
            while not (self.over.is_set() or self.wrong):
                number += 1
                name = f"c{client}-{number}"
                try:
                    self._act(http, chance.choice((self._upload, self._submit, self._look)), name)
                except httpx.HTTPError as error:
                    self.wrong.append(f"{name}: {error!r}")

    def _act(self, http: httpx.Client, act: Any, name: str) -> None:
        answer = act(http, name)
        self.answers[answer.status_code] += 1
        if answer.status_code == 503:
            if int(answer.headers.get("Retry-After", 0)) <= 0:
                self.wrong.append(f"{name}: no Retry-After with {answer.text}")
            self.over.wait(0.05)
        elif not answer.is_success:
            self.wrong.append(f"{name}: {answer.status_code} {answer.text}")

    def _upload(self, http: httpx.Client, name: str) -> httpx.Response:
        content = houses.classification_file(4, seed=zlib.crc32(name.encode()))
        answer = http.post(f"/v1/datasets?name={name}&format=json", content=content)
        if answer.is_success:
            self.datasets[name] = answer.json()["digest"]
        return answer

    def _submit(self, http: httpx.Client, name: str) -> httpx.Response:
        short = {**JOB, "training": {**TRAINING, "epochs": 1}}
        answer = http.post("/v1/training-jobs", json=short, headers={"Idempotency-Key": name})
        if answer.is_success:
            self.jobs[name] = answer.json()["id"]
        return answer

    def _look(self, http: httpx.Client, _name: str) -> httpx.Response:
        return http.get("/v1/training-jobs?limit=5")


def test_restarts_under_load_lose_nothing_that_was_acknowledged(tmp_path: Path, database: Server) -> None:
    with serving(tmp_path, database) as (running, http), ThreadPoolExecutor(4) as threads:
        load = Load(running.rest)
        clients = [threads.submit(load.run, number) for number in range(4)]
        try:
            for _ in range(3):
                known = len(load.datasets) + len(load.jobs)
                eventually(lambda known=known: load.wrong or len(load.datasets) + len(load.jobs) >= known + 6, "work")
                database.stop()
                away = load.answers[503]
                eventually(lambda away=away: load.wrong or load.answers[503] > away, "a refusal")
                database.start()
        finally:
            load.over.set()
        for each in clients:
            each.result()
        assert load.wrong == []
        eventually(lambda: http.get("/v2/health/ready").status_code == 200, "a service that is ready again")
        for name, digest in load.datasets.items():
            assert http.get(f"/v1/datasets/{name}").json()["digest"] == digest
        for key, job in load.jobs.items():
            assert load._submit(http, key).json()["id"] == job, "one key, one job"
            ended = eventually(lambda job=job: done(http, job), "the end of a job")
            assert ended["state"] == "SUCCEEDED", ended["error"]
            assert [epoch["epoch"] for epoch in ended["history"]] == [1]
        assert running.process.poll() is None
