"""The core of the service without its edges, as a process that tests may kill: a supervisor over a data directory."""

import os
import sys
from pathlib import Path

from service.adapters.clock import SystemClock
from service.adapters.database.connection import Database
from service.adapters.database.jobs import DatabaseJobs
from service.engines.local import LocalEngine
from service.jobs.liveness import Liveness
from service.jobs.supervisor import Supervision, Supervisor
from service.telemetry.logs import configure, logger


def main(directory: Path, lease: float, url: str) -> None:
    configure("info")
    clock = SystemClock()
    environment = {"WAVETAP_DATABASE_URL": url, "WAVETAP_DATA_DIR": str(directory), "WAVETAP_LEASE_SECONDS": str(lease)}
    supervisor = Supervisor(
        DatabaseJobs(Database(url), clock),
        LocalEngine(environment, logger(), "normal"),
        Liveness(directory / "supervisors"),
        clock,
        logger(),
        Supervision(lease=lease, poll=0.05),
    )
    supervisor.start()
    os.read(sys.stdin.fileno(), 1)
    supervisor.drain()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
