"""Whose client leaves before the answer is told so; whose answer is quick is never listened for."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from service.rest.attention import LISTEN_AFTER_SECONDS, LONGEST_SECONDS, Listening, stated_seconds

LONG = 30.0


@given(st.floats(1e-9, LONGEST_SECONDS))
def test_seconds_are_taken_as_programs_write_them(seconds: float) -> None:
    for text in (repr(seconds), f"{seconds:e}", f"{seconds:.9f}", f"{seconds:g}"):
        if 0 < float(text) <= LONGEST_SECONDS:
            assert stated_seconds(text) == float(text)


def running(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Run a test on an event loop of its own."""
    return lambda: asyncio.run(test())


class Client:
    """One that leaves after some seconds, counting how often it is listened for."""

    def __init__(self, leaves: float) -> None:
        self.leaves = leaves
        self.asked = 0

    async def receive(self) -> Message:
        self.asked += 1
        await asyncio.sleep(self.leaves)
        return {"type": "http.disconnect"}


async def answered(listening: Listening, client: Client, seconds: float) -> str:
    with listening(client.receive):
        await asyncio.sleep(seconds)
    return "answered"


@running
async def test_a_client_that_leaves_ends_its_request() -> None:
    client = Client(leaves=0.0)
    with pytest.raises(ClientDisconnect):
        await answered(Listening(), client, LONG)
    assert client.asked == 1


@running
async def test_each_of_many_slow_requests_is_listened_for_whenever_it_began() -> None:
    listening, clients = Listening(), [Client(leaves=0.0) for _ in range(12)]

    async def begun_late(index: int) -> str:
        await asyncio.sleep(index * LISTEN_AFTER_SECONDS / 4)
        return await answered(listening, clients[index], LONG)

    outcomes = await asyncio.gather(*map(begun_late, range(12)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ClientDisconnect] * 12


@running
async def test_one_that_leaves_does_not_end_the_others() -> None:
    listening = Listening()
    leaving, staying = Client(leaves=0.0), Client(leaves=LONG)
    outcomes = await asyncio.gather(
        answered(listening, leaving, LONG),
        answered(listening, staying, LISTEN_AFTER_SECONDS * 5),
        return_exceptions=True,
    )
    assert [type(outcomes[0]), outcomes[1]] == [ClientDisconnect, "answered"]


@running
async def test_nothing_is_kept_of_a_request_that_is_answered() -> None:
    listening, client = Listening(), Client(leaves=LONG)
    assert await answered(listening, client, 0.0) == "answered"
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None


@running
async def test_a_request_after_a_pause_is_listened_for_again() -> None:
    listening = Listening()
    assert await answered(listening, Client(leaves=LONG), 0.0) == "answered"
    await asyncio.sleep(LISTEN_AFTER_SECONDS * 3)
    with pytest.raises(ClientDisconnect):
        await answered(listening, Client(leaves=0.0), LONG)
