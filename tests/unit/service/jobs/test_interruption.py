"""Wishes from outside, heard while computing and put off while writing."""

import os
import signal
from collections import deque
from collections.abc import Iterator
from itertools import repeat

import pytest

from service.jobs.interruption import Interruption, Stopped


def compute_until_told(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    for _ in repeat(None, 10**9):
        pass
    pytest.fail("Nothing broke into this.")


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    interruption = Interruption()
    interruption.listen()
    yield interruption
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_stop_breaks_into_computing(interruption: Interruption) -> None:
    with pytest.raises(Stopped), interruption.breakable():
        compute_until_told(signal.SIGUSR1)


def test_a_stop_waits_while_something_is_written(interruption: Interruption) -> None:
    os.kill(os.getpid(), signal.SIGUSR1)
    assert interruption.stop
    with pytest.raises(Stopped), interruption.breakable():
        pytest.fail("It was to be raised before the first step.")


def test_a_wish_to_hand_back_breaks_into_nothing(interruption: Interruption) -> None:
    with interruption.breakable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert interruption.hand_back


def test_each_item_is_computed_breakably_and_used_in_peace(interruption: Interruption) -> None:
    seen = []

    def use(item: int) -> None:
        if item == 2:
            os.kill(os.getpid(), signal.SIGUSR1)
        seen.append(item)

    with pytest.raises(Stopped):
        deque(map(use, interruption.each(iter(range(5)))), maxlen=0)
    assert seen == [0, 1, 2]


def test_items_that_end_by_themselves_are_all_seen(interruption: Interruption) -> None:
    assert list(interruption.each(iter(range(3)))) == [0, 1, 2]
