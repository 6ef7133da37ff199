"""A gRPC server over real stores, on a thread of this process, with a model of each task published."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import pytest

from service.bootstrap import House
from service.domain.datasets import Reading
from service.places import listening, port_of
from service.rpc.http2.server import Server
from service.rpc.server import grpc_server
from tests import houses

MESSAGE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Served:
    """How to reach a server, and the loop it runs on."""

    channel: grpc.Channel
    loop: asyncio.AbstractEventLoop


@contextmanager
def serving(house: House, **options: int) -> Iterator[Served]:
    """A server on a free port of the loopback address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[Server, int]:
        server = grpc_server(house.edge, options.get("limit", MESSAGE_LIMIT))
        listener = listening("127.0.0.1", 0)
        await server.start(listener)
        return server, port_of(listener)

    server, port = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
            yield Served(channel, loop)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(0), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Shared and grown by the tests: each makes its own names."""
    with houses.house_in(tmp_path_factory.mktemp("house")) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.add_dataset(house, "loads", houses.regression_file())
        houses.add_dataset(house, "curve", houses.forecasting_file(), Reading(format="csv", time="time"))
        houses.train(house, "gestures", "gestures")
        houses.train(house, "loads", "loads")
        houses.train(house, "curve", "curve")
        yield house


@pytest.fixture(scope="session")
def channel(house: House) -> Iterator[grpc.Channel]:
    with serving(house) as served:
        yield served.channel
