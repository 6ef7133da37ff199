"""Leases that have run out, as seen from here: without comparing clocks of different machines, or one that jumps.

A holder renews its lease by counting up. Whoever has watched a count stand still for the length of a lease, by the
monotonic clock of his own, may take the job over. So a clock that is set forward ends no lease early.
"""

from collections.abc import Iterable

from service.domain.jobs import Claim, Job


class LeaseWatch:
    """Remembers since when each lease has not been renewed."""

    def __init__(self, seconds: float) -> None:
        """Take the length of a lease."""
        self._seconds = seconds
        self._seen: dict[Claim, tuple[int, float]] = {}

    def expired(self, jobs: Iterable[Job], now: float) -> list[Job]:
        """Look at the jobs that others run, at a monotonic time; answer those whose lease stood still too long."""
        seen: dict[Claim, tuple[int, float]] = {}
        silent = []
        for job in jobs:
            if job.lease is None:
                continue
            renewals, since = self._seen.get(job.claim, (-1, now))
            if renewals != job.lease.renewals:
                since = now
            seen[job.claim] = (job.lease.renewals, since)
            if now - since >= self._seconds:
                silent.append(job)
        self._seen = seen
        return silent
