"""What only PostgreSQL can do to us: locks held elsewhere, sessions ended, and URLs that lead nowhere."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from service.adapters.database.connection import Database
from service.adapters.database.jobs import DatabaseJobs
from service.domain.jobs import Job
from service.errors import InvalidRequest, StorageFull, Unavailable
from tests.fakes import FakeClock
from tests.patience import eventually
from tests.postgresql import Server
from tests.records import a_dataset, a_job
from tests.stores import Stores, stores_in

LEASE = timedelta(seconds=30)
POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@POSTGRESQL
def test_a_row_that_another_holds_is_waited_for_in_bounded_time(stores: Stores, url: str, clock: FakeClock) -> None:
    dataset, _ = stores.datasets.add(a_dataset(clock))
    job, _ = stores.jobs.add(a_job(clock, dataset))
    database = Database(url, busy_seconds=0.05)
    impatient = DatabaseJobs(database, clock)
    with stores.database.writing() as holder:
        holder.execute(text("SELECT * FROM jobs FOR UPDATE"))
        with pytest.raises(Unavailable, match="busy"):
            impatient.cancel(job.id)
        assert impatient.get(job.id) == job, "readers do not wait"
    database.close()


@POSTGRESQL
def test_a_session_that_the_server_has_ended_is_unavailable_and_the_next_one_works(stores: Stores) -> None:
    with pytest.raises(Unavailable, match="shutting down"), stores.database.writing() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with stores.database.writing() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@POSTGRESQL
def test_a_full_disk_is_told(stores: Stores) -> None:
    statement = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    with pytest.raises(StorageFull), stores.database.writing() as connection:
        connection.execute(text(statement))


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql://wavetap@/wavetap?host={tmp_path}")
    with pytest.raises(Unavailable, match="does not answer"), database.reading():
        pass


@pytest.mark.parametrize("url", ["mysql://host/database", "nonsense", "postgresql+nonsense//"])
def test_a_url_of_another_kind_is_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Database(url)
    assert "://host" not in refused.value.message


def test_the_names_of_two_that_come_at_once_are_given_once(postgresql: Server, tmp_path: Path) -> None:
    clock = FakeClock()
    with stores_in(tmp_path, clock, postgresql.database()) as stores:
        barrier = threading.Barrier(8)

        def add(_: int) -> tuple[str, bool]:
            barrier.wait()
            dataset, created = stores.datasets.add(a_dataset(clock))
            return dataset.id, created

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(add, range(8)))
        assert sum(created for _, created in answers) == 1
        assert len({identifier for identifier, _ in answers}) == 1


def test_a_claim_does_not_wait_for_a_row_that_another_is_claiming(postgresql: Server, tmp_path: Path) -> None:
    clock = FakeClock()
    with stores_in(tmp_path, clock, postgresql.database()) as stores:
        dataset, _ = stores.datasets.add(a_dataset(clock))
        first, second = (stores.jobs.add(a_job(clock, dataset))[0] for _ in range(2))
        with stores.database.writing() as other:
            other.execute(text("SELECT * FROM jobs WHERE id = :id FOR UPDATE"), {"id": first.id})
            claimed: list[Job | None] = []
            thread = threading.Thread(target=lambda: claimed.append(stores.jobs.claim("host:a", LEASE)))
            thread.start()
            eventually(lambda: claimed, "the claim of the other job")
        thread.join()
        assert claimed[0] is not None
        assert claimed[0].id == second.id
