"""Fakes of the ports that touch time and processes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.domain.jobs import Claim
from service.ports import Ending


class FakeClock:
    """Time that stands still until it is turned."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Each look is a microsecond later, so that no two rows are made at the same time."""
        self._now += timedelta(microseconds=1)
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def turn(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the time of day; the monotonic clock does not care."""
        self._now += timedelta(seconds=seconds)


@dataclass
class FakeAttempt:
    """An attempt that ends when the test says so."""

    claim: Claim
    ended: Callable[[], None]
    told: list[str] = field(default_factory=list)
    how: Ending | None = None

    def ending(self) -> Ending | None:
        return self.how

    def cause(self) -> str:
        return "the test"

    def end(self, how: Ending) -> None:
        self.how = how
        self.ended()

    def hand_back(self) -> None:
        self.told.append("hand back")

    def stop(self) -> None:
        self.told.append("stop")

    def kill(self) -> None:
        self.told.append("kill")
        self.end(Ending.ENDED_BY_US)


@dataclass
class FakeEngine:
    """Starts fake attempts, or fails to."""

    attempts: list[FakeAttempt] = field(default_factory=list)
    broken: bool = False

    def start(self, claim: Claim, ended: Callable[[], None]) -> FakeAttempt:
        if self.broken:
            raise OSError("The fake machine has no room for another process.")
        self.attempts.append(FakeAttempt(claim, ended))
        return self.attempts[-1]
