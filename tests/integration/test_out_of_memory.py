"""Trainings for which there is not enough memory: the job fails and says so, and whoever comes next trains."""

from service.domain.jobs import FailureCode, Job
from service.domain.states import JobState
from tests.control_groups import limited_memory
from tests.integration.conftest import House

MEBIBYTE = 1 << 20
LAYER = {"kind": "conv1d", "out_channels": 2048, "kernel": 5}
WIDE = {"layers": [LAYER, LAYER]}
"""Gigabytes, where a few megabytes are enough for what comes next."""


def failed_for_want_of_memory(house: House, job: Job) -> None:
    job = house.ends(job)
    assert job.failure is not None, house.log()
    assert (job.state, job.failure.code) == (JobState.FAILED, FailureCode.OUT_OF_MEMORY), house.log()
    assert "memory" in job.failure.message
    assert "batch_size" in job.failure.message, "what would need less"
    assert (job.attempt, job.crashes, job.version) == (1, 0, None), "it is not tried again to fail again"
    assert house.ends(house.submit()).state is JobState.SUCCEEDED, house.log()


def test_a_training_that_the_kernel_kills_for_want_of_memory(house: House) -> None:
    """A real limit of a control group that the core shares with its trainings, as in a container."""
    with limited_memory(400 * MEBIBYTE) as under:
        core = house.start(under=under)
        failed_for_want_of_memory(house, house.submit(network=WIDE, batch_size=256))
        core.drain()
    assert "attempt_died" in house.log(), "it was killed, and did not give up by itself"


def test_a_training_that_is_refused_memory(house: House) -> None:
    """A limit of address space: the allocation fails, and the process lives to tell."""
    house.start(under=["prlimit", f"--as={1000 * MEBIBYTE}"])
    failed_for_want_of_memory(house, house.submit(network=WIDE, batch_size=256))
    assert "attempt_died" not in house.log()
