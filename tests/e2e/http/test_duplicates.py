"""Fifty clients that send the same request at once with the same key: one makes something, all get it."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests import houses

CLIENTS = 50
FILE = houses.classification_file(seed=50)


def fifty(send: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    barrier = threading.Barrier(CLIENTS)

    def together(number: int) -> httpx.Response:
        barrier.wait()
        return send(number)

    with ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(together, range(CLIENTS)))


def one_result(answers: list[httpx.Response]) -> str:
    """The identifier that all have got, of what one has made; who could not be served now was told so, and why."""
    statuses = Counter(answer.status_code for answer in answers)
    served = [answer for answer in answers if answer.status_code in {200, 201}]
    assert statuses[201] == 1, statuses
    assert len(served) + statuses[503] == CLIENTS, statuses
    (identifier,) = {answer.json()["id"] for answer in served}
    return str(identifier)


@pytest.mark.e2e
def test_one_key_is_one_dataset_and_one_job(http: httpx.Client) -> None:
    place = "/v1/datasets?name=fifty&format=json"
    dataset = one_result(fifty(lambda _: http.post(place, content=FILE, headers={"Idempotency-Key": "fifty-uploads"})))
    request = {"model": "fifty", "dataset": dataset, "network": houses.TINY, "training": {"epochs": 1}}
    job = one_result(
        fifty(lambda _: http.post("/v1/training-jobs", json=request, headers={"Idempotency-Key": "fifty-jobs"}))
    )
    assert [found["id"] for found in http.get("/v1/training-jobs?model=fifty").json()["items"]] == [job]


@pytest.mark.e2e
def test_of_fifty_different_requests_with_one_key_one_is_taken(http: httpx.Client) -> None:
    answers = fifty(
        lambda number: http.post(
            f"/v1/datasets?name=one-of-{number}&format=json",
            content=FILE,
            headers={"Idempotency-Key": "fifty-names"},
        )
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] == 1
    assert statuses[201] + statuses[409] + statuses[503] == CLIENTS, statuses
    names = [found["name"] for found in http.get("/v1/datasets?limit=200").json()["items"]]
    assert sum(name.startswith("one-of-") for name in names) == 1
