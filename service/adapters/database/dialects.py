"""The databases that are understood, as one table: what each does in its own way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from service.adapters.database import postgresql, sqlite
from service.errors import InvalidRequest, ServiceError

Insertion = Callable[[Table, Mapping[str, Any]], Insert]


@dataclass(frozen=True)
class Dialect:
    """`reading`: the execution options of a transaction that only reads; `insertion` yields to a row that is there."""

    arguments: Callable[[URL, float], dict[str, Any]]
    prepare: Callable[[Engine, float], None]
    reading: Mapping[str, Any]
    translated: Callable[[DBAPIError], ServiceError | None]
    insertion: Insertion


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": Dialect(
        arguments=sqlite.arguments,
        prepare=sqlite.prepare,
        reading=sqlite.READING,
        translated=sqlite.translated,
        insertion=sqlite.insertion,
    ),
    "postgresql": Dialect(
        arguments=postgresql.arguments,
        prepare=lambda _engine, _busy_seconds: None,  # its settings travel with the connection
        reading=postgresql.READING,
        translated=postgresql.translated,
        insertion=postgresql.insertion,
    ),
}


def dialect_of(url: URL) -> Dialect:
    """The dialect of a database URL; InvalidRequest if it is none of these."""
    name = url.get_backend_name()
    if name not in DIALECTS:
        raise InvalidRequest(f"The database {name} is not understood; {' and '.join(DIALECTS)} are.")
    return DIALECTS[name]


def insert_unless_there(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row, and say whether it was; not if another has one of its keys.

    A transaction that inserts the same key at this moment is waited for, so that the answer is final, and the row that
    is there can be read.
    """
    insertion = DIALECTS[connection.dialect.name].insertion
    statement = insertion(table, values).returning(*table.primary_key)
    return connection.execute(statement).first() is not None
