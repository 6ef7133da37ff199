"""The laws of jobs, whatever happens in whatever order, against the real store."""

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from service.domain.jobs import CRASHES_ALLOWED, Claim, EventKind, FailureCode, Job, JobFailure
from service.domain.states import OWNED, TERMINAL, TRANSITIONS, JobState, Move
from service.errors import Fenced, NotAllowedNow
from tests.fakes import FakeClock
from tests.records import a_commit, a_dataset, a_draft, a_job
from tests.stores import stores_in

LEASE = timedelta(seconds=30)
MEMORY = next((place for place in (Path("/dev/shm"),) if place.is_dir()), None)  # noqa: S108 - no disk to wait for
FAILURE = JobFailure(FailureCode.CRASHED, "It died.")
STEPS = {(state, after) for row in TRANSITIONS.values() for state, after in row.items() if isinstance(after, JobState)}


class Jobs(RuleBasedStateMachine):
    """Users, supervisors and attempts, some of them stale, act on a few jobs."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self, url: str | None) -> None:
        super().__init__()
        self.resources = ExitStack()
        directory = Path(self.resources.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        self.clock = FakeClock()
        self.stores = self.resources.enter_context(stores_in(directory, self.clock, url))
        self.dataset, _ = self.stores.datasets.add(a_dataset(self.clock))
        self.known: list[str] = []
        self.current: dict[str, Claim] = {}
        self.published = 0

    def teardown(self) -> None:
        self.resources.close()

    @rule(target=jobs, priority=st.integers(-1, 1))
    def submit(self, priority: int) -> str:
        job, _ = self.stores.jobs.add(a_job(self.clock, self.dataset, epochs=99, priority=priority))
        self.known.append(job.id)
        return job.id

    @rule(target=claims)
    def claim(self) -> object:
        found = [self.stores.jobs.get(identifier) for identifier in self.known]
        waiting = [job for job in found if job.state is JobState.QUEUED]
        job = self.stores.jobs.claim("host:a", LEASE)
        if job is None:
            assert not waiting
            return multiple()
        first = min(waiting, key=lambda each: (-each.priority, each.created_at, each.id))
        assert job.id == first.id
        self.current[job.id] = job.claim
        return job.claim

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        before = self.stores.jobs.get(job).state
        try:
            after = self.stores.jobs.cancel(job).state
        except NotAllowedNow:
            assert before in {JobState.SUCCEEDED, JobState.FAILED}
        else:
            assert (before, after) in STEPS

    @rule(job=jobs, more=st.integers(0, 3))
    def resume(self, job: str, more: int) -> None:
        before = self.stores.jobs.get(job)
        try:
            self.stores.jobs.resume(job, before.spec, before.epoch + more)
        except NotAllowedNow:
            assert before.state not in TERMINAL or (before.state is JobState.SUCCEEDED and more == 0)

    @rule(claim=claims, epochs=st.integers(1, 3))
    def commit(self, claim: Claim, epochs: int) -> None:
        job = self.stores.jobs.get(claim.job)
        mine = self._with_attempt(job, claim)
        try:
            self.stores.jobs.commit(claim, a_commit(mine, job.epoch + 1, job.epoch + epochs), LEASE)
        except Fenced:
            assert not self._holds(job, claim)
        else:
            assert self._holds(job, claim)

    @rule(claim=claims)
    def renew(self, claim: Claim) -> None:
        job = self.stores.jobs.get(claim.job)
        try:
            self.stores.jobs.renew(claim, LEASE)
        except Fenced:
            assert not self._holds(job, claim)
        else:
            assert self._holds(job, claim)

    @rule(claim=consumes(claims))
    def publish(self, claim: Claim) -> None:
        job = self.stores.jobs.get(claim.job)
        try:
            version = self.stores.jobs.publish(claim, a_draft(self._with_attempt(job, claim)))
        except Fenced:
            assert not self._holds(job, claim)
        except NotAllowedNow:
            assert job.state is JobState.CANCELLING
        else:
            assert self._holds(job, claim)
            self.published += 1
            assert version.number == self.published

    @rule(
        claim=st.one_of(claims, consumes(claims)),
        move=st.sampled_from([Move.FAIL, Move.STOP, Move.INTERRUPT, Move.CRASH]),
    )
    def settle(self, claim: Claim, move: Move) -> None:
        job = self.stores.jobs.get(claim.job)
        try:
            after = self.stores.jobs.settle(claim, move, FAILURE)
        except Fenced:
            assert not self._holds(job, claim)
        except NotAllowedNow:
            assert (job.state, move) == (JobState.RUNNING, Move.STOP)
        else:
            assert (job.state, after.state) in STEPS
            assert after.lease is None

    @invariant()
    def every_job_keeps_the_laws(self) -> None:
        for identifier in self.known:
            job = self.stores.jobs.get(identifier)
            page = self.stores.jobs.events(identifier, 0, 10_000)
            assert [event.sequence for event in page.events] == list(range(1, len(page.events) + 1))
            assert [record.epoch for record in self.stores.jobs.history(identifier)] == list(range(1, job.epoch + 1))
            assert page.ended == (job.state in TERMINAL)
            assert (job.lease is not None) == (job.state in OWNED)
            assert (job.finished_at is not None) == (job.state in TERMINAL)
            assert (job.failure is not None) == (job.state is JobState.FAILED)
            assert job.crashes <= CRASHES_ALLOWED
            assert job.crashes < CRASHES_ALLOWED or job.state in TERMINAL
            states = [JobState(event.data["state"]) for event in page.events if event.kind is not EventKind.EPOCH]
            assert states[0] is JobState.QUEUED
            assert states[-1] is job.state
            assert all(step in STEPS for step in pairwise(states))

    @invariant()
    def every_version_has_a_number_of_its_own(self) -> None:
        if self.published:
            assert self.stores.catalogue.model("gestures").versions == tuple(range(self.published, 0, -1))

    @staticmethod
    def _holds(job: Job, claim: Claim) -> bool:
        return job.attempt == claim.attempt and job.state in OWNED

    @staticmethod
    def _with_attempt(job: Job, claim: Claim) -> Job:
        return Job(**{**vars(job), "attempt": claim.attempt})


@pytest.mark.parametrize(("database", "examples"), [("sqlite", 15), ("postgresql", 8)])
def test_the_laws_of_jobs_hold_whatever_happens(request: pytest.FixtureRequest, database: str, examples: int) -> None:
    def machine() -> Jobs:
        return Jobs(request.getfixturevalue("postgresql").database() if database == "postgresql" else None)

    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
