"""Predictions over HTTP while others are computed: gathered, refused, late, abandoned."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from service.bootstrap import House
from service.rest.application import application
from tests.callers import LOCAL, Caller
from tests.gates import Gated, gated
from tests.protocol import CASES, INFER, body, outputs

PREDICT = "/v1/models/gestures:predict"
PATIENCE = 60.0


@pytest.fixture
def behind(house: House, client: Caller) -> Iterator[Gated]:
    client.post(INFER, content=body())  # so that the model is in memory
    with gated(house, waiting=3) as behind:
        yield behind


def session(behind: Gated, act: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(application(behind.edge), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL, timeout=PATIENCE) as client:
            first = asyncio.create_task(client.post(INFER, content=body()))
            assert await asyncio.to_thread(behind.begun.acquire, timeout=PATIENCE)
            found = await act(client)
            behind.gate.set()
            assert (await first).status_code == 200
            return found

    return asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.001)


def test_callers_share_a_batch_and_each_gets_its_own_rows(behind: Gated) -> None:
    async def act(client: httpx.AsyncClient) -> list[httpx.Response]:
        posts = [
            client.post(INFER, content=body(outputs=[{"name": "label"}])),
            client.post(INFER, content=body(id="mine")),
            client.post(PREDICT, json={"series": CASES[:1].tolist()}),
        ]
        tasks = [asyncio.create_task(post) for post in posts]
        await until(lambda: behind.edge.scheduler.waiting == 3)
        behind.gate.set()
        return await asyncio.gather(*tasks)

    labels, whole, plain = session(behind, act)
    assert behind.batches == [3, 7]
    assert list(outputs(labels)) == ["label"]
    assert list(outputs(whole)) == ["probabilities", "label"]
    assert whole.json()["id"] == "mine"
    assert outputs(labels)["label"].tolist() == outputs(whole)["label"].tolist()
    assert len(plain.json()["predictions"]) == 1


def test_kserve_4247_what_comes_on_top_is_answered_503_and_when_to_come_again(behind: Gated) -> None:
    """Also pytorch serve 3342."""

    async def act(client: httpx.AsyncClient) -> httpx.Response:
        tasks = [asyncio.create_task(client.post(INFER, content=body())) for _ in range(3)]
        await until(lambda: behind.edge.scheduler.waiting == 3)
        refused = await client.post(INFER, content=body())
        assert (await client.get("/v2/health/live")).status_code == 200
        behind.gate.set()
        assert [one.status_code for one in await asyncio.gather(*tasks)] == [200] * 3
        return refused

    refused = session(behind, act)
    assert (refused.status_code, refused.json()["code"]) == (503, "RESOURCE_EXHAUSTED")
    assert refused.headers["retry-after"] == "1"
    assert "error" in refused.json()


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.post(INFER, content=body(), headers={"X-Request-Timeout": "0.01"}),
        lambda client: client.post(INFER, content=body(parameters={"timeout": 10_000})),
        lambda client: client.post(PREDICT, json={"series": CASES.tolist()}, headers={"X-Request-Timeout": "0.01"}),
    ],
    ids=["header", "parameter", "predict"],
)
def test_a_deadline_ends_the_waiting_and_nothing_late_is_computed(
    behind: Gated, ask: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> None:
    late = session(behind, ask)
    assert (late.status_code, late.json()["code"]) == (504, "DEADLINE_EXCEEDED")
    assert behind.batches == [3]


@pytest.mark.parametrize(
    "within",
    [
        lambda seconds: {"content": body(), "headers": {"X-Request-Timeout": str(seconds)}},
        lambda seconds: {"content": body(parameters={"timeout": round(seconds * 1e6)})},
    ],
    ids=["header", "parameter"],
)
def test_triton_6920_a_deadline_ends_what_is_already_being_computed(
    behind: Gated, within: Callable[[float], dict[str, Any]]
) -> None:
    """Also triton 7369: the time allowed is from the request to the answer, not the time in the queue."""

    async def session() -> httpx.Response:
        transport = httpx.ASGITransport(application(behind.edge), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL, timeout=PATIENCE) as client:
            for seconds in (0.1, 1.0, 10.0):  # on a busy machine, a short time may pass before anything is computed
                late = asyncio.create_task(client.post(INFER, **within(seconds)))
                await until(lambda: bool(behind.batches) or late.done())  # noqa: B023 - awaited in this very turn
                if behind.batches:
                    break
            return await late  # while the gate is shut: nothing but the deadline can end it

    late = asyncio.run(session())
    assert behind.batches == [3]
    assert (late.status_code, late.json()["code"]) == (504, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", "1e9", "1_0", "0x1", ".", "1e999"])
def test_a_timeout_that_is_none_is_refused(client: Caller, text: str) -> None:
    refused = client.post(INFER, content=body(), headers={"X-Request-Timeout": text})
    assert refused.status_code == 400
    assert "X-Request-Timeout" in refused.json()["detail"]


def test_priorities_decide_who_goes_first(house: House, client: Caller) -> None:
    async def act(asking: httpx.AsyncClient) -> list[str]:
        done: list[str] = []

        async def ask(name: str, **parameters: int) -> None:
            await asking.post(INFER, content=body(parameters=parameters))
            done.append(name)

        tasks = []
        for name, parameters in (("usual", {}), ("last", {"priority": 12}), ("first", {"priority": 1})):
            tasks.append(asyncio.create_task(ask(name, **parameters)))
            await until(lambda: behind.edge.scheduler.waiting == len(tasks))
        behind.gate.set()
        await asyncio.gather(*tasks)
        return done

    client.post(INFER, content=body())  # so that the model is in memory
    with gated(house, rows=len(CASES), waiting=3) as behind:
        assert session(behind, act) == ["first", "usual", "last"]


@pytest.mark.parametrize("value", [-1, 1.5, "1", True])
def test_a_priority_that_is_none_is_refused(client: Caller, value: object) -> None:
    assert client.post(INFER, content=body(parameters={"priority": value})).status_code == 400
