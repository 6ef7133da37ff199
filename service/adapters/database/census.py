"""Questions about the database as a whole: does it answer, and how many jobs are in which state."""

from collections.abc import Mapping

from sqlalchemy import func, select

from service.adapters.database.connection import Database
from service.adapters.database.tables import jobs
from service.domain.states import JobState


class DatabaseCensus:
    """Asks a relational database."""

    def __init__(self, database: Database) -> None:
        """Share the database's connections."""
        self._database = database

    def probe(self) -> None:
        """Return if the database answers; Unavailable if not."""
        with self._database.reading() as connection:
            connection.scalar(select(1))

    def jobs_by_state(self) -> Mapping[str, int]:
        """How many jobs are in each state, zeros included."""
        statement = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        with self._database.reading() as connection:
            found = {state: int(count) for state, count in connection.execute(statement)}
        return {state.value: found.get(state.value, 0) for state in JobState}
