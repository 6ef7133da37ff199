"""A client that hangs up, on a real connection: its request leaves the queue and is not computed."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from service.bootstrap import House
from service.rest.application import application
from service.server import _configuration
from tests import houses
from tests.gates import gated

PATIENCE = 60.0
INFER, PREDICT = "/v2/models/gestures/infer", "/v1/models/gestures:predict"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory: Path = tmp_path_factory.mktemp("attention")
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
        yield house


def posted(path: str) -> bytes:
    cases = houses.cases(3)
    entry = {"name": "series", "shape": cases.shape, "datatype": "FP32", "data": cases.ravel().tolist()}
    body = {"inputs": [entry]} if path == INFER else {"series": cases.tolist()}
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content


async def until(reached: object) -> None:
    async with asyncio.timeout(PATIENCE):
        while not reached():  # type: ignore[operator]  # a lambda  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("path", [INFER, PREDICT])
def test_a_client_that_hangs_up_is_not_computed_for(house: House, path: str) -> None:
    async def session() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(_configuration(application(behind.edge), 1.0))
        serving = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started)
        address = listener.getsockname()[:2]
        reader, writer = await asyncio.open_connection(*address)
        writer.write(posted(path))
        await until(lambda: len(behind.batches) == 1)
        _, leaving = await asyncio.open_connection(*address)
        leaving.write(posted(path))
        await until(lambda: behind.edge.scheduler.waiting == 1)
        leaving.close()
        await until(lambda: behind.edge.scheduler.waiting == 0)
        behind.gate.set()
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        server.should_exit = True
        await serving

    house.edge.services.repository.load("gestures")
    with gated(house) as behind:
        asyncio.run(session())
    assert behind.batches == [3]
    assert 'wavetap_requests_in_flight{protocol="rest"} 0.0' in house.edge.metrics.text().decode()
