"""What gives way is the training, in a way that the kernel knows."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import get_args

import pytest

from service.engines.priority import NICENESS, PRIORITIES, give
from service.settings import Settings


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """One that waits until it is let go."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        yield child


def test_every_value_of_the_setting_is_known() -> None:
    assert set(PRIORITIES) == set(get_args(Settings.model_fields["training_priority"].annotation))


@pytest.mark.skipif(sys.platform != "linux", reason="SCHED_IDLE is Linux's")
def test_an_idle_process_gets_what_others_leave(process: subprocess.Popen[bytes]) -> None:
    give("idle", process.pid)
    assert os.sched_getscheduler(process.pid) == os.SCHED_IDLE


def test_a_low_one_is_nicer_than_we_are(process: subprocess.Popen[bytes]) -> None:
    give("low", process.pid)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == NICENESS


def test_a_normal_one_is_left_as_it_is(process: subprocess.Popen[bytes]) -> None:
    before = os.sched_getscheduler(process.pid), os.getpriority(os.PRIO_PROCESS, process.pid)
    give("normal", process.pid)
    assert (os.sched_getscheduler(process.pid), os.getpriority(os.PRIO_PROCESS, process.pid)) == before


def test_one_that_has_ended_is_no_fault(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    give("idle", process.pid)
