"""Idempotency keys: which request a key came with, and what that request made.

A key is bound in the transaction that makes its resource, so that neither is seen without the other. It is forgotten
with its resource, or when its time is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from service.adapters.database.connection import Database
from service.adapters.database.dialects import insert_unless_there
from service.adapters.database.tables import request_keys
from service.errors import AlreadyExists, Detail
from service.registry_ports import Idempotency


@dataclass(frozen=True)
class Keys:
    """The keys of a database, each good for its lifetime."""

    lifetime: timedelta = timedelta(hours=24)

    def recall(self, connection: Connection, idempotency: Idempotency, now: datetime) -> str | None:
        """The resource that a key is bound to; AlreadyExists if it came with another request."""
        mine = (request_keys.c.key == idempotency.key) & (request_keys.c.created_at > now - self.lifetime)
        row = connection.execute(select(request_keys).where(mine)).mappings().first()
        if row is None:
            return None
        if row["request_sha256"] != idempotency.request_sha256:
            message = "This Idempotency-Key came with another request before."
            raise AlreadyExists(message, Detail("Idempotency-Key", message))
        return str(row["resource"])

    def bind(self, connection: Connection, idempotency: Idempotency | None, resource: str, now: datetime) -> str | None:
        """Bind a key to a resource that this transaction makes, or answer the resource that it is bound to already."""
        if idempotency is None:
            return None
        self.sweep(connection, now, idempotency.key)
        row = {"key": idempotency.key, "request_sha256": idempotency.request_sha256, "resource": resource}
        if insert_unless_there(connection, request_keys, {**row, "created_at": now}):
            return None
        return self.recall(connection, idempotency, now)

    def move(self, connection: Connection, idempotency: Idempotency | None, resource: str) -> None:
        """Bind a key that this transaction has bound to another resource after all."""
        if idempotency is not None:
            mine = request_keys.c.key == idempotency.key
            connection.execute(update(request_keys).where(mine).values(resource=resource))

    def sweep(self, connection: Connection, now: datetime, key: str | None = None) -> int:
        """Forget keys whose time is over, or one of them, and say how many that were."""
        old = request_keys.c.created_at <= now - self.lifetime
        if key is not None:
            old &= request_keys.c.key == key
        return int(connection.execute(delete(request_keys).where(old)).rowcount)


class DatabaseKeys:
    """The keys of a database, for whoever tidies up."""

    def __init__(self, database: Database, keys: Keys) -> None:
        """Share the database's connections."""
        self._database = database
        self._keys = keys

    def sweep(self, now: datetime) -> int:
        """Forget those whose time is over, and say how many that were."""
        with self._database.writing() as connection:
            return self._keys.sweep(connection, now)


def forget_keys(connection: Connection, resource: str) -> None:
    """A request for something that is gone makes it anew."""
    connection.execute(delete(request_keys).where(request_keys.c.resource == resource))
