"""One attempt of a small job in this very process, over real stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from service.domain.jobs import Claim, Job
from service.jobs.interruption import Interruption
from service.jobs.training import Attempt, run
from service.usecases.training import Training
from tests.records import a_stored_dataset
from tests.stores import Stores

LEASE = timedelta(seconds=30)
LAYERS = {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}
EPOCHS = 5


@dataclass
class Memo:
    """A log that tests can read."""

    events: list[str] = field(default_factory=list)

    def info(self, event: str, **_fields: object) -> None:
        self.events.append(event)

    warning = info
    exception = info


@dataclass
class Bench:
    """A job on the bench, claimed."""

    stores: Stores
    options: Mapping[str, Any] = field(default_factory=dict)
    log: Memo = field(default_factory=Memo)
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        dataset = a_stored_dataset(self.stores.datasets, self.stores.artifacts, self.stores.clock)
        self.training = Training(
            self.stores.jobs, self.stores.datasets, self.stores.artifacts, self.stores.clock, lambda: None
        )
        request = {
            "model": "m",
            "dataset": dataset.id,
            "network": LAYERS,
            "training": {"epochs": EPOCHS, **self.options},
        }
        self.job: Job = self.training.submit(request)[0]
        self.claim = self.claimed()

    def claimed(self) -> Claim:
        job = self.stores.jobs.claim("host:a", LEASE)
        assert job is not None
        return job.claim

    def run(self) -> Job:
        stores = self.stores
        attempt = Attempt(
            claim=self.claim,
            jobs=stores.jobs,
            datasets=stores.datasets,
            artifacts=stores.artifacts,
            clock=stores.clock,
            interruption=self.interruption,
            log=self.log,
            lease=LEASE,
        )
        run(attempt)
        return stores.jobs.get(self.job.id)

    def recorded(self) -> list[int]:
        return [record.epoch for record in self.stores.jobs.history(self.job.id)]
