"""Where the service is in its life: it is ready, or it drains, or its database does not answer."""

import asyncio
from collections.abc import Callable

from service.edge.lanes import Lane
from service.errors import ServiceError

PROBE_SECONDS = 2.0


class Lifecycle:
    """Knows whether new work is welcome."""

    def __init__(self, probe: Callable[[], object], lane: Lane) -> None:
        """Take a probe that raises ServiceError when the database does not answer, and a lane to run it on."""
        self._probe = probe
        self._lane = lane
        self._draining = asyncio.Event()

    @property
    def draining(self) -> bool:
        """Whether the service is about to end."""
        return self._draining.is_set()

    def drain(self) -> None:
        """From now on the service is not ready, and long streams end."""
        self._draining.set()

    async def drained(self) -> None:
        """Wait for `drain`."""
        await self._draining.wait()

    async def pause(self, seconds: float) -> bool:
        """Wait so long, or until the service drains; answers whether it does."""
        try:
            async with asyncio.timeout(seconds):
                await self._draining.wait()
        except TimeoutError:
            return False
        return True

    async def unready(self) -> str | None:
        """Why the service is not ready; None if it is."""
        if self.draining:
            return "The service is shutting down."
        try:
            await self._lane.run_within(PROBE_SECONDS, self._probe)
        except ServiceError:
            return "The database does not answer."
        return None
