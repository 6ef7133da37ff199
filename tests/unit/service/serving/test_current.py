"""What a reference means is remembered, and never for longer than it holds."""

import time
from datetime import timedelta
from typing import Any

import pytest

from service.domain.models import ModelVersion
from service.errors import NotFound, Unavailable
from service.serving.current import CurrentVersions
from tests.records import a_dataset, a_draft, a_job
from tests.stores import Stores

LEASE = timedelta(seconds=30)


def publish(stores: Stores, model: str = "gestures") -> ModelVersion:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock, name="training"))
    stores.jobs.add(a_job(stores.clock, dataset, model))
    job = stores.jobs.claim("host:a", LEASE)
    assert job is not None
    return stores.jobs.publish(job.claim, a_draft(job))


class Counted:
    """A catalogue that counts its look-ups, and can be out of reach."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.lookups = 0
        self.away = False

    def version(self, name: str, reference: str | None) -> ModelVersion:
        self.lookups += 1
        if self.away:
            raise Unavailable("The database does not answer.")
        return self._stores.catalogue.version(name, reference)


@pytest.fixture
def counted(stores: Stores) -> Counted:
    return Counted(stores)


@pytest.fixture
def current(stores: Stores, counted: Any) -> CurrentVersions:
    return CurrentVersions(counted, stores.withdrawals, stores.changes.stamp)


def test_rows_are_read_once_while_nothing_changes(stores: Stores, counted: Counted, current: CurrentVersions) -> None:
    published = publish(stores)
    assert current.known("gestures", None) is None
    assert [current.version("gestures", None).number for _ in range(3)] == [published.number] * 3
    assert counted.lookups == 1
    assert current.known("gestures", None) == published


def test_requests_that_came_before_a_look_at_the_rows_share_it_and_no_later_one_does(stores: Stores) -> None:
    arrived = time.perf_counter_ns()
    before = stores.changes.stamp()
    publish(stores)
    assert stores.changes.stamp(arrived) == before
    assert stores.changes.stamp(time.perf_counter_ns()) != before
    assert stores.changes.stamp() == stores.changes.stamp()


def test_a_publication_and_a_promotion_hold_with_the_next_request(stores: Stores, current: CurrentVersions) -> None:
    publish(stores)
    stores.aliases.point("gestures", "live", "1")
    assert current.version("gestures", None).number == current.version("gestures", "live").number == 1
    publish(stores)
    assert current.known("gestures", None) is None
    assert current.version("gestures", None).number == 2
    stores.aliases.point("gestures", "live", "2")
    assert current.version("gestures", "live").number == 2


def test_what_was_removed_is_not_found(stores: Stores, current: CurrentVersions) -> None:
    publish(stores)
    current.version("gestures", None)
    stores.catalogue.remove_model("gestures")
    with pytest.raises(NotFound):
        current.version("gestures", None)


def test_a_withdrawn_model_is_unavailable_until_it_is_back(stores: Stores, current: CurrentVersions) -> None:
    publish(stores)
    current.version("gestures", None)
    stores.withdrawals.add("gestures")
    assert current.known("gestures", None) is None
    with pytest.raises(Unavailable, match="unloaded"):
        current.version("gestures", None)
    stores.withdrawals.remove("gestures")
    assert current.version("gestures", None).number == 1


def test_what_was_read_before_answers_while_the_database_does_not(
    stores: Stores, counted: Counted, current: CurrentVersions
) -> None:
    publish(stores)
    current.version("gestures", None)
    publish(stores, "others")  # so that the rows must be read again
    counted.away = True
    assert current.version("gestures", None).number == 1
    with pytest.raises(Unavailable):
        current.version("others", None)
    counted.away = False
    publish(stores)
    assert current.version("gestures", None).number == 2
