"""Supervisors on one machine, with attempts that end when the test says so and a clock that it turns."""

from collections.abc import Sequence
from pathlib import Path

from service.domain.jobs import Job
from service.domain.states import JobState
from service.jobs.liveness import Liveness
from service.jobs.supervisor import Supervision, Supervisor
from service.telemetry.logs import logger
from tests.fakes import FakeClock, FakeEngine
from tests.records import a_dataset, a_job
from tests.stores import Stores

SUPERVISION = Supervision(running=2, lease=30.0, poll=1.0, stop_within=1.5, drain_within=20.0)


class Hosts:
    """Supervisors that share stores and a directory."""

    def __init__(self, stores: Stores, clock: FakeClock, directory: Path) -> None:
        self._stores, self._clock, self._directory = stores, clock, directory
        self._made: list[Supervisor] = []

    def another(self) -> tuple[Supervisor, FakeEngine]:
        engine = FakeEngine()
        liveness = Liveness(self._directory)
        log = logger()
        self._made.append(Supervisor(self._stores.jobs, engine, liveness, self._clock, log, SUPERVISION))
        return self._made[-1], engine

    def close(self) -> None:
        for supervisor in self._made:
            supervisor.liveness.close()


def submit(stores: Stores, count: int = 1, priorities: Sequence[int] = ()) -> list[Job]:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    jobs = [a_job(stores.clock, dataset, priority=priority) for priority in priorities or (0,) * count]
    return [stores.jobs.add(job)[0] for job in jobs]


def state(stores: Stores, job: Job) -> JobState:
    return stores.jobs.get(job.id).state
