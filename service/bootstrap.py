"""The composition root: the one place where adapters are chosen and everything is put together."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it publishes no types

from service.adapters.artifacts import LocalArtifacts
from service.adapters.clock import SystemClock
from service.adapters.database.aliases import DatabaseAliases
from service.adapters.database.catalogue import DatabaseCatalogue
from service.adapters.database.census import DatabaseCensus
from service.adapters.database.changes import Changes
from service.adapters.database.connection import Database
from service.adapters.database.datasets import DatabaseDatasets
from service.adapters.database.discarded import DatabaseDiscarded
from service.adapters.database.jobs import DatabaseJobs
from service.adapters.database.keys import DatabaseKeys, Keys
from service.adapters.database.lineage import DatabaseLineage
from service.adapters.database.migrate import HEAD
from service.adapters.database.migrate import migrate as migrate_schema
from service.adapters.database.references import DatabaseReferences
from service.adapters.database.retention import DatabaseRetention
from service.adapters.database.withdrawals import DatabaseWithdrawals
from service.domain.datasets import Limits
from service.domain.inference import InferResult
from service.edge.access import Access
from service.edge.context import EdgeContext
from service.edge.lanes import lanes
from service.edge.lifecycle import Lifecycle
from service.edge.prediction import Prediction
from service.edge.shared_counters import SharedCounters
from service.edge.statistics import Statistics
from service.edge.uploads import Spool
from service.engines.local import LocalEngine
from service.errors import ServiceError
from service.ingest import read_series
from service.jobs.housekeeping import Chore, Housekeeping
from service.jobs.liveness import Liveness
from service.jobs.supervisor import Supervision, Supervisor
from service.jobs.sweeps import Disposal, sweep
from service.places import Place, place
from service.rest.application import routes
from service.server import run
from service.serving.current import CurrentVersions
from service.serving.loaded import LoadedModels
from service.serving.scheduler import Batching
from service.serving.sides import Sides
from service.serving.warming import Warmer
from service.settings import PREFIX, Settings, exposure_fault
from service.telemetry.collection import traces
from service.telemetry.lines import LineOutput
from service.telemetry.logs import configure, logger
from service.telemetry.metrics import Metrics
from service.telemetry.shared import VARIABLE
from service.usecases.aliases import Aliases
from service.usecases.catalogue import Catalogue
from service.usecases.datasets import Datasets
from service.usecases.exports import Exports
from service.usecases.inference import Inference, Question
from service.usecases.lineage import Lineage
from service.usecases.repository import Repository
from service.usecases.reproductions import Reproductions
from service.usecases.services import Services
from service.usecases.training import Training

EVERY_MINUTE, EVERY_HOUR = 60.0, 3600.0
OFTEN_SECONDS = 0.25

EXIT_FAILED = 1
EXIT_REFUSED = 2


@dataclass(frozen=True)
class House:
    """Everything that was put together for one data directory."""

    edge: EdgeContext
    supervisor: Supervisor
    database: Database
    changes: Changes
    artifacts: LocalArtifacts
    clock: SystemClock
    housekeeping: Housekeeping
    warming: Housekeeping

    def close(self) -> None:
        """Give everything back that was taken."""
        self.housekeeping.stop()
        self.warming.stop()
        self.edge.lanes.close()
        self.edge.scheduler.close()
        self.edge.traces.close()
        self.supervisor.liveness.close()
        self.changes.close()
        self.database.close()


def serve(settings: Settings, given: Place | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the answer is the process's exit code. Without a given place, take one."""
    fault = exposure_fault(settings)
    if fault is not None:
        return _refused(fault, EXIT_REFUSED)
    output = configure(settings.log_level)
    try:
        house = build(settings)
        migrate_schema(house.database)
        where = given or place(settings)
        if where.first:
            house.housekeeping.start()
        house.warming.start()
        # Predictions run side by side: a BLAS that starts threads as well would only be in their way.
        with threadpool_limits(1), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serving(run(settings, house.edge, house.supervisor, where), output))
    except ServiceError as error:
        return _refused(error.message, EXIT_FAILED)
    except OSError as error:
        return _refused(f"{error.filename or settings.data_dir}: {error.strerror}.", EXIT_FAILED)
    house.close()
    if house.edge.lanes.busy or house.edge.scheduler.busy:  # with what nobody waits for, and would hold the exit up
        sys.stdout.flush()
        os._exit(0)
    return 0


def migrate(settings: Settings) -> str:
    """Bring the database to this release's schema, and say what was done."""
    database = Database(_database_url(settings))
    try:
        changed = migrate_schema(database)
    finally:
        database.close()
    return f"The schema is {HEAD}; {'it was brought up to date' if changed else 'there was nothing to do'}."


def openapi() -> dict[str, Any]:
    """The description of the REST interface; it needs no data, so it is made over an empty directory."""
    with tempfile.TemporaryDirectory(prefix="wavetap-") as directory:
        house = build(Settings(data_dir=Path(directory)))
        try:
            return routes(house.edge).openapi()
        finally:
            house.close()


def build(settings: Settings) -> House:
    """Put everything together; directories are made, but no row is read and nothing runs yet."""
    data_dir = settings.data_dir.resolve()
    clock, log = SystemClock(), logger()
    database = Database(_database_url(settings))
    artifacts = LocalArtifacts(data_dir / "artifacts", shared=settings.workers > 1)
    keys = Keys(timedelta(seconds=settings.idempotency_seconds))
    jobs = DatabaseJobs(database, clock, keys)
    supervisor = Supervisor(
        jobs=jobs,
        engine=LocalEngine(_environment(settings), log, settings.training_priority),
        liveness=Liveness(data_dir / "supervisors"),
        clock=clock,
        log=log,
        supervision=Supervision(
            running=settings.running_jobs, lease=settings.lease_seconds, drain_within=settings.shutdown_seconds
        ),
    )
    stored = DatabaseDatasets(database, keys)
    published = DatabaseCatalogue(database)
    withdrawals, changes = DatabaseWithdrawals(database), Changes(database)
    current = CurrentVersions(published, withdrawals, changes.stamp)
    models = LoadedModels(artifacts, settings.model_memory_bytes)
    limits = Limits(
        expanded_bytes=settings.max_expanded_bytes,
        values=settings.max_expanded_bytes // 4,
        in_memory=settings.ingest_memory_bytes,
    )
    datasets = Datasets(stored, artifacts, read_series, clock, limits)
    catalogue = Catalogue(published, artifacts)
    services = Services(
        datasets=datasets,
        training=Training(jobs, stored, artifacts, clock, supervisor.wake),
        reproductions=Reproductions(jobs, published, stored, clock, supervisor.wake),
        catalogue=catalogue,
        aliases=Aliases(DatabaseAliases(database, clock, keys)),
        lineage=Lineage(DatabaseLineage(database)),
        inference=Inference(published, current, models, datasets),
        exports=Exports(catalogue, artifacts),
        repository=Repository(published, withdrawals, models),
    )
    edge = _edge(settings, services, DatabaseCensus(database))
    retention = DatabaseRetention(database, settings.keep_versions)
    chores = (
        Chore("swept_uploads", EVERY_HOUR, edge.spool.sweep),
        Chore("retired_versions", EVERY_MINUTE, retention.retire),
        Chore("disposed_artifacts", EVERY_MINUTE, Disposal(artifacts, DatabaseDiscarded(database), clock).look),
        Chore("forgotten_keys", EVERY_MINUTE, lambda: DatabaseKeys(database, keys).sweep(clock.now())),
        Chore(
            "swept_artifacts",
            EVERY_HOUR,
            lambda: len(sweep(artifacts, DatabaseReferences(database), clock)),
        ),
    )
    often = (
        Chore("warmed_versions", OFTEN_SECONDS, Warmer(current, models).look),
        Chore("told_statistics", OFTEN_SECONDS, edge.statistics.tell),
        Chore("told_in_flight", OFTEN_SECONDS, edge.metrics.tell),
    )
    warming = Housekeeping(often, clock, log)
    housekeeping = Housekeeping(chores, clock, log)
    return House(edge, supervisor, database, changes, artifacts, clock, housekeeping, warming)


def _edge(settings: Settings, services: Services, census: DatabaseCensus) -> EdgeContext:
    work = lanes(settings.inference_threads, settings.inference_queue)
    shared = os.environ.get(VARIABLE)
    metrics = Metrics(census.jobs_by_state, shared)
    statistics = Statistics(None if shared is None else SharedCounters(Path(shared)))

    def told(questions: Sequence[Question], ns: int) -> None:
        version, rows = questions[0].version, sum(question.rows for question in questions)
        statistics.computed(version.model, str(version.number), rows, ns)
        metrics.batch(version.model, version.number, rows, ns / 1e9)

    batching = Batching(
        threads=settings.inference_threads,
        rows=settings.batch_rows,
        delay=settings.batch_delay_seconds,
        waiting=settings.inference_queue,
        quick=settings.quick_batch_seconds,
    )
    followed = traces(settings.traces_endpoint, os.environ)

    def answers(questions: Sequence[Question]) -> Sequence[InferResult | ServiceError]:
        waiting = [question.traceparent for question in questions if question.traceparent is not None]
        with followed.batch(waiting, rows=sum(question.rows for question in questions)):
            return services.inference.answers(questions)

    scheduler = Sides(batching, answers, told)
    key = settings.api_key
    return EdgeContext(
        services=services,
        access=Access(None if key is None else key.get_secret_value()),
        lanes=work,
        lifecycle=Lifecycle(census.probe, work.storage),
        spool=Spool(settings.data_dir.resolve() / "uploads", settings.max_upload_bytes, work.storage),
        metrics=metrics,
        statistics=statistics,
        prediction=Prediction(services.inference, scheduler, work.inference, statistics, metrics, followed),
        scheduler=scheduler,
        max_body_bytes=settings.max_body_bytes,
        metrics_public=settings.metrics_public,
        traces=followed,
    )


def _database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data_dir.resolve() / 'wavetap.db'}"


def _environment(settings: Settings) -> dict[str, str]:
    """What a training process must know of the settings."""
    return {
        f"{PREFIX}DATABASE_URL": _database_url(settings),
        f"{PREFIX}DATA_DIR": str(settings.data_dir.resolve()),
        f"{PREFIX}LEASE_SECONDS": str(settings.lease_seconds),
        f"{PREFIX}LOG_LEVEL": settings.log_level,
        f"{PREFIX}TRACES_ENDPOINT": settings.traces_endpoint or "",
    }


async def _serving(run: Coroutine[Any, Any, None], output: LineOutput) -> None:
    with output.gathering():
        await run


def _refused(reason: str, code: int) -> int:
    sys.stderr.write(f"The service does not start. {reason}\n")
    return code
