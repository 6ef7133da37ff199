"""The schema: migrated once, by one of many, refused when it is newer, and the same as the tables."""

import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from service.adapters.database import migrate as migration
from service.adapters.database.catalogue import DatabaseCatalogue
from service.adapters.database.connection import Database
from service.adapters.database.datasets import DatabaseDatasets
from service.adapters.database.jobs import DatabaseJobs
from service.adapters.database.migrate import HEAD, MIGRATIONS, migrate
from service.adapters.database.references import HOLDERS
from service.adapters.database.tables import discarded, metadata
from service.errors import Corrupt, NotAllowedNow, StorageFull, Unavailable
from tests.contract.conftest import DATABASES
from tests.fakes import FakeClock
from tests.records import a_dataset, a_draft, a_job
from tests.stores import Stores

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def opened(directory: Path) -> Database:
    return Database(f"sqlite:///{directory}/wavetap.db")


@pytest.fixture(params=DATABASES)
def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wavetap.db"
    return str(request.getfixturevalue("postgresql").nothing())


def test_the_migrations_lead_to_the_tables(stores: Stores) -> None:
    with stores.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_is_named() -> None:
    numbers = [path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("0*.py")]
    assert max(numbers) == HEAD


def test_a_second_migration_has_nothing_to_do(nothing: str) -> None:
    database = Database(nothing)
    assert [migrate(database), migrate(database)] == [True, False]
    database.close()


def test_of_many_that_start_at_once_one_migrates(nothing: str) -> None:
    databases = [Database(nothing) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(migrate, databases)) == 1
    for database in databases:
        database.close()


def test_a_migration_that_is_cut_short_leaves_nothing(nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(nothing)
    real = migration._upgrade

    def cut(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(migration, "_upgrade", cut)
        with pytest.raises(KeyboardInterrupt):
            migrate(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    assert migrate(database)
    database.close()


def test_a_newer_schema_is_refused(nothing: str) -> None:
    database = Database(nothing)
    migrate(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotAllowedNow, match=r"newer release.*9999"):
        migrate(database)
    database.close()


@SQLITE
def test_sqlite_is_set_to_lose_nothing(stores: Stores) -> None:
    with stores.database.reading() as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_every_column_that_holds_a_key_of_an_artifact_is_swept_with_care() -> None:
    columns = {
        column
        for table in metadata.tables.values()
        for column in table.c
        if column.name.endswith("_key") and f"{column.name.removesuffix('_key')}_sha256" in table.c
    }
    assert set(HOLDERS) == columns | {discarded.c.artifact_key}


def test_a_database_that_another_process_holds_is_unavailable_in_bounded_time(tmp_path: Path) -> None:
    holder = opened(tmp_path)
    migrate(holder)
    other = Database(f"sqlite:///{tmp_path}/wavetap.db", busy_seconds=0.05)
    with holder.writing():
        with pytest.raises(Unavailable, match="busy"), other.writing():
            pass
        with other.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM jobs")) == 0
    with other.writing():
        pass
    holder.close()
    other.close()


def test_a_new_file_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    """A file that has no write-ahead log yet is the one case in which `busy_timeout` does not wait."""
    holder = sqlite3.connect(tmp_path / "wavetap.db", isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE other (x)")
    holder.execute("BEGIN IMMEDIATE")
    release = Timer(0.2, holder.commit)
    release.start()
    database = opened(tmp_path)
    assert migrate(database)
    database.close()
    release.join()
    holder.close()


def test_a_new_file_that_stays_locked_is_unavailable_in_bounded_time(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "wavetap.db", isolation_level=None)
    holder.execute("CREATE TABLE other (x)")
    holder.execute("BEGIN IMMEDIATE")
    database = Database(f"sqlite:///{tmp_path}/wavetap.db", busy_seconds=0.05)
    with pytest.raises(Unavailable, match="busy"):
        migrate(database)
    database.close()
    holder.close()


@SQLITE
def test_a_full_disk_is_told_and_old_rows_stay_readable(stores: Stores) -> None:
    dataset = a_dataset(stores.clock)
    stores.datasets.add(dataset)
    with stores.database.writing() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageFull):
        deque((stores.datasets.add(a_dataset(stores.clock, name=f"d{number}")) for number in range(10_000)), maxlen=0)
    assert stores.datasets.get(dataset.id) == dataset
    with stores.database.writing() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert stores.datasets.add(a_dataset(stores.clock, name="after"))[1]


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "wavetap.db").write_bytes(b"This is no database." * 1000)
    database = opened(tmp_path)
    with pytest.raises(Corrupt, match="no database"):
        migrate(database)
    database.close()


def test_what_was_validated_on_is_read_from_the_specs_of_an_earlier_release(nothing: str) -> None:
    database = Database(nothing)
    migrate(database)
    clock = FakeClock()
    kept, gone, others = (a_dataset(clock, name=name, seed=seed) for seed, name in enumerate(("a", "b", "c")))
    stores = DatabaseJobs(database, clock)
    for dataset in (kept, gone, others):
        DatabaseDatasets(database).add(dataset)
    published, _ = stores.add(a_job(clock, kept, validation=gone))
    claimed = stores.claim("host:a", timedelta(seconds=30))
    assert claimed is not None
    draft = a_draft(claimed)
    named = {"validation_dataset": {"id": gone.id, "name": "b", "digest": gone.digest}}
    stores.publish(claimed.claim, replace(draft, lineage={**draft.lineage, **named}))
    waiting, _ = stores.add(a_job(clock, kept, validation=others))
    plain, _ = stores.add(a_job(clock, kept))
    DatabaseDatasets(database).remove(gone.id)
    with database.writing() as connection:
        for table in ("jobs", "versions"):
            index = "ix_jobs_validation_dataset_state" if table == "jobs" else "ix_versions_validation_dataset_digest"
            connection.execute(text(f"DROP INDEX {index}"))
            for column in ("validation_dataset", "validation_dataset_digest"):
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))
    assert migrate(database)
    found = {job: stores.get(job) for job in (published.id, waiting.id, plain.id)}
    assert [(job.validation_dataset, job.validation_dataset_digest) for job in found.values()] == [
        (gone.id, gone.digest),
        (others.id, others.digest),
        (None, None),
    ]
    version = DatabaseCatalogue(database).version("gestures", "1").draft
    assert (version.validation_dataset, version.validation_dataset_digest) == (gone.id, gone.digest)
    database.close()
