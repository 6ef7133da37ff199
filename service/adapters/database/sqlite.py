"""Everything that is particular to SQLite."""

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import Corrupt, InternalError, ServiceError, StorageFull, Unavailable

READ_ONLY = "wavetap_read_only"
"""The execution option of a transaction that only reads."""

READING = {READ_ONLY: True}

PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a commit has reached the disk when it returns
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)

WRITE_AHEAD = "PRAGMA journal_mode = WAL"
"""Readers do not wait for the writer."""

BUSY_PAUSE_SECONDS = 0.01

PRIMARY_CODE = 0xFF
"""Extended result codes carry the primary code in their lowest byte."""


def prepare(engine: Engine, busy_seconds: float) -> None:
    """Give every connection of the engine our settings and our way to begin a transaction."""

    @event.listens_for(engine, "connect")
    def _settle(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's signature
        connection.isolation_level = None  # SQLAlchemy's event below begins transactions, not the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
        _write_ahead(cursor, time.monotonic() + busy_seconds)
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        """A writer takes the lock at once: a lock wanted in mid-transaction could not be waited for."""
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _write_ahead(cursor: DBAPICursor, deadline: float) -> None:
    """Set the journal of a new file, while others may be doing so.

    SQLite reads the file and then wants to write it. It does not wait with a read lock in its hand, whatever
    `busy_timeout` says, so the one who comes second is told that the file is locked.
    """
    while True:
        try:
            cursor.execute(WRITE_AHEAD)
        except sqlite3.OperationalError as error:
            if (
                getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE != sqlite3.SQLITE_BUSY
                or time.monotonic() >= deadline
            ):
                raise
            time.sleep(BUSY_PAUSE_SECONDS)
        else:
            return


def arguments(url: URL, busy_seconds: float) -> dict[str, Any]:  # noqa: ARG001 - as every dialect's; `prepare` sets it
    """What `create_engine` is to know; the directory of the database file is made."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return {"url": url}


def insertion(table: Table, values: Mapping[str, Any]) -> Insert:
    """A statement that inserts a row unless one of its keys is there."""
    from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - loaded where it is used

    return insert(table).values(values).on_conflict_do_nothing()


def translated(error: DBAPIError) -> ServiceError | None:
    """The service's error for one of SQLite's; None if it is not of that kind."""
    if not isinstance(error.orig, sqlite3.Error):
        return None
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & PRIMARY_CODE
    kind, message, retry_after = FAILURES.get(code, (InternalError, "The database refused a statement.", None))
    return kind(message, retry_after=retry_after)


FAILURES: dict[int, tuple[type[ServiceError], str, int | None]] = {
    sqlite3.SQLITE_BUSY: (Unavailable, "The database is busy.", 1),
    sqlite3.SQLITE_LOCKED: (Unavailable, "The database is busy.", 1),
    sqlite3.SQLITE_CANTOPEN: (Unavailable, "The database cannot be opened.", 5),
    sqlite3.SQLITE_IOERR: (Unavailable, "The disk of the database does not take or give the bytes.", 5),
    sqlite3.SQLITE_READONLY: (Unavailable, "The database cannot be written to.", 5),
    sqlite3.SQLITE_FULL: (StorageFull, "There is no room left for the database.", None),
    sqlite3.SQLITE_CORRUPT: (Corrupt, "The database file is damaged.", None),
    sqlite3.SQLITE_NOTADB: (Corrupt, "The database file is no database.", None),
}
