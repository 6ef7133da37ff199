"""The rows of models that were taken out of service."""

from sqlalchemy import delete, select

from service.adapters.database.connection import Database
from service.adapters.database.dialects import insert_unless_there
from service.adapters.database.tables import withdrawals


class DatabaseWithdrawals:
    """Which models were unloaded, over a relational database."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def names(self) -> frozenset[str]:
        """All of them."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(withdrawals.c.model)))

    def add(self, model: str) -> None:
        """Note a model; nothing happens if it is noted already."""
        with self._database.writing() as connection:
            insert_unless_there(connection, withdrawals, {"model": model})

    def remove(self, model: str) -> None:
        """Strike a model out."""
        if model in self.names():
            with self._database.writing() as connection:
                connection.execute(delete(withdrawals).where(withdrawals.c.model == model))
