"""The laws of references: what a job needs is there until it ends, and lineage tells what of a version's past is there.

People upload, delete, train, validate on datasets of their own, cancel, resume and reproduce while files are tidied up.
"""

import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from service.adapters.database.lineage import DatabaseLineage
from service.domain.datasets import Dataset
from service.domain.jobs import FailureCode, Job, JobFailure
from service.domain.pages import PageRequest
from service.domain.states import UNFINISHED, JobState, Move
from service.errors import NotAllowedNow, NotFound
from service.jobs.sweeps import Disposal, sweep
from service.usecases.reproductions import Reproductions
from tests.fakes import FakeClock
from tests.records import a_draft, a_job, a_stored_dataset, some_series
from tests.stores import stores_in

LEASE = timedelta(seconds=30)
MODEL = "gestures"
MEMORY = next((place for place in (Path("/dev/shm"),) if place.is_dir()), None)  # noqa: S108 - no disk to wait for
CONTENTS = {seed: some_series(cases=4, length=3, seed=seed) for seed in range(3)}
DIGESTS = {seed: series.digest() for seed, series in CONTENTS.items()}
CONTENT = st.sampled_from(sorted(CONTENTS))
PLACES = st.integers(0, 5)
FAILURE = JobFailure(FailureCode.DIVERGED, "It diverged.")


class Tomorrow(FakeClock):
    """A day later than the files of the test, so that a sweep spares none for its youth."""

    def now(self) -> datetime:
        return datetime.now().astimezone() + timedelta(days=1)


class References(RuleBasedStateMachine):
    def __init__(self, url: str | None) -> None:
        super().__init__()
        self.resources = ExitStack()
        directory = Path(self.resources.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        self.stores = self.resources.enter_context(stores_in(directory, FakeClock(), url))
        self.lineage = DatabaseLineage(self.stores.database)
        parts = (self.stores.jobs, self.stores.catalogue, self.stores.datasets, self.stores.clock)
        self.reproductions = Reproductions(*parts, wake=lambda: None)
        self.names = 0
        self.jobs: list[str] = []
        for content in CONTENTS:
            self.upload(content)

    def teardown(self) -> None:
        self.resources.close()

    @rule(content=CONTENT)
    def upload(self, content: int) -> None:
        self.names += 1
        name = f"{content}-{self.names}"
        a_stored_dataset(self.stores.datasets, self.stores.artifacts, self.stores.clock, name, CONTENTS[content])

    @rule(content=CONTENT)
    def delete_dataset(self, content: int) -> None:
        dataset = self.stores.datasets.with_digest(DIGESTS[content])
        if dataset is None:
            return
        needed = any(dataset.id in job.datasets for job in self.unfinished())
        try:
            self.stores.datasets.remove(dataset.id)
        except NotAllowedNow:
            assert needed
        else:
            assert not needed

    @rule(content=CONTENT, validation=st.none() | CONTENT)
    def submit(self, content: int, validation: int | None) -> None:
        dataset = self.stores.datasets.with_digest(DIGESTS[content])
        others = None if validation is None else self.stores.datasets.with_digest(DIGESTS[validation])
        if dataset is not None:
            job, _ = self.stores.jobs.add(a_job(self.stores.clock, dataset, model=MODEL, validation=others))
            self.jobs.append(job.id)

    @rule(ends=st.sampled_from(["publishes", "fails", "is handed back"]))
    def attempt(self, ends: str) -> None:
        job = self.stores.jobs.claim("host:a", LEASE)
        if job is None:
            return
        if ends == "publishes" and job.reproduces is None:
            self.stores.jobs.publish(job.claim, a_draft(job))
        elif ends == "publishes":
            self.stores.jobs.conclude(job.claim, {"found": "0"})
        elif ends == "fails":
            self.stores.jobs.settle(job.claim, Move.FAIL, FAILURE)
        else:
            self.stores.jobs.settle(job.claim, Move.INTERRUPT)

    @rule(place=PLACES)
    def cancel(self, place: int) -> None:
        job = self.some(place)
        if job is not None and job.state is JobState.QUEUED:
            self.stores.jobs.cancel(job.id)

    @rule(place=PLACES)
    def resume(self, place: int) -> None:
        job = self.some(place)
        if job is None or job.state in UNFINISHED:
            return
        there = all(map(self.is_there, job.datasets)) and (job.reproduces is None or job.reproduces in self.versions())
        try:
            self.stores.jobs.resume(job.id, job.spec, job.epochs + 1)
        except NotAllowedNow:
            assert not there
        else:
            assert there

    @rule(place=PLACES)
    def reproduce(self, place: int) -> None:
        """Lineage has told beforehand whether it can be done."""
        versions = self.versions()
        if not versions:
            return
        number = str(versions[place % len(versions)])
        told = self.lineage.of_version(MODEL, number)
        draft = told.version.version.draft
        wanted = [(draft.dataset_digest, told.dataset)]
        if draft.validation_dataset is not None:
            wanted.append((draft.validation_dataset_digest or "", told.validation_dataset))
        gone = [digest for digest, dataset in wanted if dataset is None]
        if gone:
            with pytest.raises(NotAllowedNow, match=gone[0]):
                self.reproductions.submit(MODEL, number)
            return
        job, _ = self.reproductions.submit(MODEL, number)
        self.jobs.append(job.id)
        assert set(job.datasets) == {dataset.id for _, dataset in wanted if dataset is not None}

    @rule(place=PLACES)
    def delete_version(self, place: int) -> None:
        versions = self.versions()
        if not versions:
            return
        number = versions[place % len(versions)]
        needed = any(number in {job.reproduces, job.version} for job in self.unfinished())
        try:
            self.stores.catalogue.remove_version(MODEL, number)
        except NotAllowedNow:
            assert needed
        else:
            assert not needed

    @rule()
    def tidy_up(self) -> None:
        Disposal(self.stores.artifacts, self.stores.discarded, self.stores.clock, seconds=0).look()
        sweep(self.stores.artifacts, self.stores.references, Tomorrow())

    @invariant()
    def what_a_job_needs_is_there_until_it_ends(self) -> None:
        for job in self.unfinished():
            for identifier in job.datasets:
                dataset = self.stores.datasets.get(identifier)
                assert dataset.digest in {job.dataset_digest, job.validation_dataset_digest}
                assert self.stores.artifacts.path(dataset.artifact) is not None
            assert job.reproduces is None or job.reproduces in self.versions()

    @invariant()
    def lineage_tells_the_same_from_both_ends(self) -> None:
        for content in CONTENTS:
            dataset = self.stores.datasets.with_digest(DIGESTS[content])
            if dataset is None:
                continue
            found = {each.version.number for each in self.lineage.of_dataset(dataset.id).versions}
            assert found == {number for number in self.versions() if dataset.digest in self.digests_behind(number)}

    def digests_behind(self, number: int) -> set[str | None]:
        told = self.lineage.of_version(MODEL, str(number))
        return {self.digest_of(dataset) for dataset in (told.dataset, told.validation_dataset)}

    @staticmethod
    def digest_of(dataset: Dataset | None) -> str | None:
        return None if dataset is None else dataset.digest

    def is_there(self, identifier: str) -> bool:
        return any(dataset is not None and dataset.id == identifier for dataset in self.datasets())

    def datasets(self) -> list[Dataset]:
        return list(self.stores.datasets.list(PageRequest(limit=100)).items)

    def unfinished(self) -> list[Job]:
        return [job for job in map(self.stores.jobs.get, self.jobs) if job.state in UNFINISHED]

    def some(self, place: int) -> Job | None:
        return self.stores.jobs.get(self.jobs[place % len(self.jobs)]) if self.jobs else None

    def versions(self) -> list[int]:
        try:
            return sorted(self.stores.catalogue.model(MODEL).versions)
        except NotFound:
            return []


@pytest.mark.parametrize(("database", "examples"), [("sqlite", 10), ("postgresql", 4)])
def test_whatever_happens_nothing_that_is_needed_goes(
    request: pytest.FixtureRequest, database: str, examples: int
) -> None:
    def machine() -> References:
        return References(request.getfixturevalue("postgresql").database() if database == "postgresql" else None)

    chosen = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    run_state_machine_as_test(machine, settings=chosen)
