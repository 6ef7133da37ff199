"""Everything that is particular to PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from service.errors import Corrupt, ServiceError, StorageFull, Unavailable

DRIVER = "postgresql+psycopg"

READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of a transaction that sees one state of everything."""

CONNECT_SECONDS = 5
SILENT_SECONDS = 10
"""A server that takes no byte for this long is gone, and so is, for the server, a client that idles in a transaction:
a service that was stopped in the middle of one must not hold its row for ever."""


def arguments(url: URL, busy_seconds: float) -> dict[str, Any]:
    """What `create_engine` is to know: bounded waits for a connection, for a lock and for a silent server."""
    settings = {
        "lock_timeout": round(busy_seconds * 1000),
        "idle_in_transaction_session_timeout": SILENT_SECONDS * 1000,
    }
    return {
        "url": url.set(drivername=DRIVER),
        "pool_pre_ping": True,
        "connect_args": {
            "application_name": "wavetap",
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": SILENT_SECONDS * 1000,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    }


def insertion(table: Table, values: Mapping[str, Any]) -> Insert:
    """A statement that inserts a row unless one of its keys is there."""
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - loaded where it is used

    return insert(table).values(values).on_conflict_do_nothing()


def translated(error: DBAPIError) -> ServiceError | None:
    """The service's error for a code of the server, by the code itself or its class; None if it has none of these."""
    code = getattr(error.orig, "sqlstate", None)
    if not isinstance(code, str):
        return None
    found = FAILURES.get(code) or FAILURES.get(code[:2])
    if found is None:
        return None
    kind, message, retry_after = found
    return kind(message, retry_after=retry_after)


FAILURES: dict[str, tuple[type[ServiceError], str, int | None]] = {
    "08": (Unavailable, "The database does not answer.", 5),
    "57": (Unavailable, "The database is shutting down or starting up.", 5),
    "53": (Unavailable, "The database has no room for more work.", 5),
    "58": (Unavailable, "The disk of the database does not take or give the bytes.", 5),
    "28": (Unavailable, "The database does not know the user or password of WAVETAP_DATABASE_URL.", 5),
    "3D": (Unavailable, "The server has no database of the name in WAVETAP_DATABASE_URL.", 5),
    "40": (Unavailable, "The database is busy.", 1),
    "55P03": (Unavailable, "The database is busy.", 1),
    "57014": (Unavailable, "The database is busy.", 1),
    "25006": (Unavailable, "The database cannot be written to.", 5),
    "25P03": (Unavailable, "The database gave up on a transaction that stood still.", 1),
    "53100": (StorageFull, "There is no room left for the database.", None),
    "XX001": (Corrupt, "The database is damaged.", None),
    "XX002": (Corrupt, "The database is damaged.", None),
}
