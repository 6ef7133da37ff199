"""Leases that run out are told by watching them, not by comparing clocks."""

from datetime import UTC, datetime

from service.domain.jobs import Job, Lease
from service.domain.states import JobState
from service.jobs.leases import LeaseWatch

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def held(renewals: int, attempt: int = 1) -> Job:
    lease = Lease("host:a", renewals, NOW)
    return Job("job_1", "m", "ds_1", "digest", {}, 9, NOW, state=JobState.RUNNING, attempt=attempt, lease=lease)


def test_a_lease_expires_once_it_was_seen_to_stand_still_for_its_length() -> None:
    watch = LeaseWatch(30)
    assert [bool(watch.expired([held(0)], now)) for now in (0.0, 29.9, 30.0)] == [False, False, True]


def test_a_lease_that_looks_old_is_not_expired_at_first_sight() -> None:
    assert LeaseWatch(30).expired([held(0)], 1e9) == []


def test_a_renewal_starts_the_watch_anew() -> None:
    watch = LeaseWatch(30)
    seen = [bool(watch.expired([held(renewals)], now)) for renewals, now in ((0, 0.0), (1, 29.0), (1, 58.9), (1, 59.0))]
    assert seen == [False, False, False, True]


def test_another_attempt_is_another_lease() -> None:
    watch = LeaseWatch(30)
    assert watch.expired([held(0)], 0.0) == []
    assert watch.expired([held(0, attempt=2)], 30.0) == []


def test_a_lease_that_was_out_of_sight_is_watched_anew() -> None:
    watch = LeaseWatch(30)
    watch.expired([held(0)], 0.0)
    watch.expired([], 10.0)
    assert watch.expired([held(0)], 35.0) == []
