"""The child process of one attempt: `python -m service.jobs.attempt --job ID --attempt N`, settings from WAVETAP_*.

It ends when its standard input does: whoever started it holds the other end, and is gone.
"""

import argparse
import logging
import os
import resource
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from service.adapters.artifacts import LocalArtifacts
from service.adapters.clock import SystemClock
from service.adapters.database.connection import Database
from service.adapters.database.datasets import DatabaseDatasets
from service.adapters.database.jobs import DatabaseJobs
from service.domain.jobs import Claim
from service.errors import ServiceError
from service.jobs.exits import EXIT_AWAY, EXIT_FAILED, EXIT_ORPHANED
from service.jobs.interruption import Interruption
from service.jobs.training import Attempt, Away, patiently, run
from service.telemetry.collection import traces
from service.telemetry.lines import LineOutput
from service.telemetry.logs import Log, Sink
from service.telemetry.traces import Kind

SPAN = "training attempt"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the attempt; 0 if its job was settled, or is another's."""
    options = _parser().parse_args(arguments)
    interruption = Interruption()
    interruption.listen()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    log = Log(Sink(LineOutput(sys.stdout.buffer), logging.INFO))
    clock = SystemClock()
    database = Database(environment["WAVETAP_DATABASE_URL"])
    collected = traces(environment.get("WAVETAP_TRACES_ENDPOINT"), environment)
    jobs = DatabaseJobs(database, clock)
    attempt = Attempt(
        claim=Claim(options.job, options.attempt),
        jobs=jobs,
        datasets=DatabaseDatasets(database),
        artifacts=LocalArtifacts(Path(environment["WAVETAP_DATA_DIR"]) / "artifacts"),
        clock=clock,
        interruption=interruption,
        log=log,
        lease=timedelta(seconds=float(environment.get("WAVETAP_LEASE_SECONDS", "30"))),
        traces=collected,
    )
    try:
        origin = patiently(lambda: jobs.get(options.job)).origin
        log = log.bind(**({} if origin is None else origin.fields))
        parent = None if origin is None else origin.traceparent
        with collected.part(SPAN, kind=Kind.CONSUMER, parent=parent, job=options.job, attempt=options.attempt):
            run(replace(attempt, log=log))
        log.info("attempt_done", **_usage())
    except ServiceError as error:
        log.warning("attempt_gave_up", reason=error.message)
        return EXIT_AWAY if isinstance(error, Away) else EXIT_FAILED
    finally:
        collected.close()
        database.close()
    return 0


def _usage() -> dict[str, float]:
    """What the attempt has cost."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3), "peak_mebibytes": usage.ru_maxrss >> 10}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="service.jobs.attempt", description="Run one attempt of a training job.")
    parser.add_argument("--job", required=True)
    parser.add_argument("--attempt", type=int, required=True)
    return parser


def _end_with_parent() -> None:
    """Wait for the end of standard input, then leave at once: nobody keeps the lease any more."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    code = main(sys.argv[1:], os.environ)
    sys.stdout.flush()
    os._exit(code)  # everything is given back; taking the interpreter down as well would only hold up the next job
