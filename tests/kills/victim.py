"""The service that is killed: started from a source tree over one data directory, again and again."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from service.adapters.database.connection import Database
from service.ephemeral import Running, service
from tests.kills.power import SHIM, Disk
from tests.patience import eventually
from tests.processes import children, is_alive, paused, tell

LEASE = 1.0
PATIENCE = 90.0


@dataclass
class Victim:
    """At most one running service, and the disk beneath it."""

    directory: Path
    source: Path
    disk: Disk
    running: Running | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join((str(SHIM), str(self.source)))
        settings = {"WAVETAP_LEASE_SECONDS": str(LEASE), "WAVETAP_TRAINING_PRIORITY": "normal"}
        return {"PYTHONPATH": path, "SYNCED": str(self.disk.log), **settings}

    @property
    def http(self) -> httpx.Client:
        """A client of the service as it runs now; who is killed takes its connections along."""
        return httpx.Client(base_url=self._alive().rest, timeout=PATIENCE)

    @property
    def attempts(self) -> list[int]:
        """The processes that train."""
        return children(self._alive().process.pid)

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.running is None:
            context = service(self.data, self.directory / "service.log", self.environment)
            self.running = self._stack.enter_context(context)

    def kill_attempt(self) -> bool:
        """Kill who trains, and say whether there was anybody."""
        killed = False
        for pid in self.attempts:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed = True
        return killed

    def kill(self, *, cut: bool) -> int:
        """Kill the service, whose trainings then end by themselves; in a power cut they die with it."""
        process, attempts = self._alive().process, self.attempts
        tell([process.pid, *(attempts if cut else ())], signal.SIGKILL)
        process.wait()
        self.running = None
        self._stack.close()
        eventually(lambda: not any(map(is_alive, attempts)), "the end of the trainings", PATIENCE)
        return self.disk.cut() if cut else 0

    def end(self) -> None:
        """End it in order."""
        self.running = None
        self._stack.close()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it with its attempts until the block ends."""
        database = Database(f"sqlite:///{self.data}/wavetap.db", busy_seconds=0.05)
        with paused(lambda: [self._alive().process.pid, *self.attempts], database):
            yield
        database.close()

    def _alive(self) -> Running:
        if self.running is None:
            raise RuntimeError("The service does not run.")
        return self.running
