"""The laws of the registry, whatever happens in whatever order: what is needed is never deleted, nor are its files."""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from service.adapters.database.retention import DatabaseRetention
from service.domain.annotations import AnnotationChange
from service.domain.jobs import Claim
from service.domain.models import Keeping, OnnxExport
from service.errors import NotAllowedNow, NotFound
from service.jobs.sweeps import Disposal, sweep
from service.usecases.catalogue import Catalogue
from tests.fakes import FakeClock
from tests.records import a_dataset, a_draft, a_job
from tests.stores import Stores, stores_in

LEASE = timedelta(seconds=30)
MODEL = "gestures"
ALIASES = st.sampled_from(["live", "best"])
PLACES = st.integers(0, 5)
"""Which of the versions that are there, counted from the oldest, round and round."""


class Tomorrow(FakeClock):
    """A day later than the files of the test, so that a sweep spares none for its youth."""

    def now(self) -> datetime:
        return datetime.now().astimezone() + timedelta(days=1)


def published(stores: Stores) -> int:
    """A version with files of its own."""
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset, model=MODEL))
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    draft = a_draft(job)
    archive = stores.artifacts.put(f"models/{job.id}-{job.attempt}.wavetap", job.id.encode())
    onnx = stores.artifacts.put(f"models/{job.id}-{job.attempt}.onnx", job.id.encode())
    return stores.jobs.publish(job.claim, replace(draft, archive=archive, onnx=OnnxExport(onnx, 1e-6))).number


class Registry(RuleBasedStateMachine):
    """People publish, promote, roll back, delete and reproduce while the service tidies up."""

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        directory = Path(self.resources.enter_context(tempfile.TemporaryDirectory()))
        self.stores = self.resources.enter_context(stores_in(directory, FakeClock()))
        self.catalogue = Catalogue(self.stores.catalogue, self.stores.artifacts)
        self.retention = DatabaseRetention(self.stores.database, None)
        self.newest = 0
        self.running: dict[Claim, int] = {}
        for _ in range(4):
            self._publish()
        for number in ("1", "2"):
            self.stores.aliases.point(MODEL, "live", number)

    def teardown(self) -> None:
        self.resources.close()

    @rule()
    def publish(self) -> None:
        self._publish()

    def _publish(self) -> None:
        number = published(self.stores)
        assert number == self.newest + 1
        self.newest = number

    @rule(alias=ALIASES, place=PLACES)
    def promote(self, alias: str, place: int) -> None:
        number = self.some(place)
        if number is not None:
            assert self.stores.aliases.point(MODEL, alias, str(number)).version == number

    @rule(alias=ALIASES)
    def promote_what_is_not_there(self, alias: str) -> None:
        with pytest.raises(NotFound):
            self.stores.aliases.point(MODEL, alias, str(self.newest + 1))

    @rule(alias=ALIASES)
    def roll_back(self, alias: str) -> None:
        try:
            previous = self.stores.aliases.get(MODEL, alias).previous
            assert self.stores.aliases.roll_back(MODEL, alias).version == previous
        except NotFound:
            assert alias not in self.aliases()
        except NotAllowedNow:
            assert previous is None

    @rule(alias=ALIASES)
    def forget(self, alias: str) -> None:
        there = alias in self.aliases()
        try:
            self.stores.aliases.remove(MODEL, alias)
        except NotFound:
            assert not there

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        number = self.some(place)
        if number is None:
            return
        held = number in self.aliases().values() or number in self.running.values()
        try:
            self.catalogue.remove_version(MODEL, number)
        except NotAllowedNow:
            assert held
        else:
            assert not held

    @rule(keep=st.sampled_from([1, 2, None]))
    def tidy_up(self, keep: int | None) -> None:
        before, needed = self.there(), self.needed()
        if before:
            self.stores.catalogue.annotate_model(MODEL, AnnotationChange(), Keeping(keep))
        self.retention.retire()
        Disposal(self.stores.artifacts, self.stores.discarded, self.stores.clock, seconds=0).look()
        newest = sorted(before)[-keep:] if keep else before
        assert self.there() == before & (needed | set(newest))
        sweep(self.stores.artifacts, self.stores.references, Tomorrow())
        assert {found.key for found in self.stores.artifacts.list("models")} == self.files()

    @rule(place=PLACES)
    def begin_reproduction(self, place: int) -> None:
        number = self.some(place)
        if number is not None and number not in self.running.values():
            dataset, _ = self.stores.datasets.add(a_dataset(self.stores.clock))
            again = replace(a_job(self.stores.clock, dataset, model=MODEL), reproduces=number, reproduction={})
            self.stores.jobs.add(again)
            job = self.stores.jobs.claim("host:a", LEASE)
            assert job is not None
            self.running[job.claim] = number

    @rule()
    def end_reproduction(self) -> None:
        if self.running:
            claim, number = self.running.popitem()
            assert number in self.there()
            self.stores.jobs.conclude(claim, {"found": "0"})

    @invariant()
    def every_version_has_its_files(self) -> None:
        for number in self.there():
            draft = self.stores.catalogue.version(MODEL, str(number)).draft
            assert draft.onnx.artifact is not None
            for artifact in (draft.archive, draft.onnx.artifact):
                assert self.stores.artifacts.get(artifact) == draft.job.encode()

    @invariant()
    def every_alias_points_at_a_version_and_goes_back_to_one(self) -> None:
        there = self.there()
        for alias, number in self.aliases().items():
            assert number in there
            assert self.stores.aliases.get(MODEL, alias).previous in there | {None}

    def some(self, place: int) -> int | None:
        there = sorted(self.there())
        return there[place % len(there)] if there else None

    def there(self) -> set[int]:
        try:
            return set(self.stores.catalogue.model(MODEL).versions)
        except NotFound:
            return set()

    def aliases(self) -> dict[str, int]:
        return dict(self.stores.catalogue.model(MODEL).aliases) if self.there() else {}

    def needed(self) -> set[int]:
        """What an alias, a roll back or a reproduction needs."""
        found = {alias: self.stores.aliases.get(MODEL, alias) for alias in self.aliases()}
        back = {alias.previous for alias in found.values() if alias.previous is not None}
        return {alias.version for alias in found.values()} | back | set(self.running.values())

    def files(self) -> set[str]:
        drafts = [self.stores.catalogue.version(MODEL, str(number)).draft for number in self.there()]
        return {key for draft in drafts for key in (draft.archive.key, draft.onnx.artifact and draft.onnx.artifact.key)}


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a story is told soon enough to be read as it was found
    suppress_health_check=[HealthCheck.too_slow],
)
