"""The real stores in a directory of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.adapters.artifacts import LocalArtifacts
from service.adapters.database.aliases import DatabaseAliases
from service.adapters.database.catalogue import DatabaseCatalogue
from service.adapters.database.changes import Changes
from service.adapters.database.connection import Database
from service.adapters.database.datasets import DatabaseDatasets
from service.adapters.database.discarded import DatabaseDiscarded
from service.adapters.database.jobs import DatabaseJobs
from service.adapters.database.migrate import migrate
from service.adapters.database.references import DatabaseReferences
from service.adapters.database.withdrawals import DatabaseWithdrawals
from service.ports import Clock


@dataclass(frozen=True)
class Stores:
    clock: Clock
    database: Database
    datasets: DatabaseDatasets
    jobs: DatabaseJobs
    catalogue: DatabaseCatalogue
    aliases: DatabaseAliases
    references: DatabaseReferences
    discarded: DatabaseDiscarded
    artifacts: LocalArtifacts
    withdrawals: DatabaseWithdrawals
    changes: Changes


@contextmanager
def stores_in(directory: Path, clock: Clock, url: str | None = None) -> Iterator[Stores]:
    """Over a database of the given URL, or an SQLite file in the directory."""
    database = Database(url or f"sqlite:///{directory}/wavetap.db")
    migrate(database)
    changes = Changes(database)
    yield Stores(
        clock,
        database,
        DatabaseDatasets(database),
        DatabaseJobs(database, clock),
        DatabaseCatalogue(database),
        DatabaseAliases(database, clock),
        DatabaseReferences(database),
        DatabaseDiscarded(database),
        LocalArtifacts(directory / "artifacts"),
        DatabaseWithdrawals(database),
        changes,
    )
    changes.close()
    database.close()
