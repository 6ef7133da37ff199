"""Transactions: the one way to the rows, with the driver's errors told in the service's vocabulary."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import orjson
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.adapters.database.dialects import dialect_of
from service.errors import InternalError, InvalidRequest, Unavailable

BUSY_SECONDS = 5.0
"""How long a transaction waits for its turn before it is refused as Unavailable."""


EXAMPLES = "sqlite:////path/of/a/file or postgresql://user:password@host/database"


class Database:
    """An engine and its transactions; `close` gives its connections back."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        """Connect lazily to an SQLAlchemy URL."""
        parsed = _parsed(url)
        self._dialect = dialect_of(parsed)
        try:
            self.engine = create_engine(
                **self._dialect.arguments(parsed, busy_seconds),
                json_serializer=_to_json,
                json_deserializer=orjson.loads,
                pool_size=8,
                max_overflow=24,
                pool_timeout=busy_seconds,
            )
        except (ArgumentError, NoSuchModuleError) as error:
            raise InvalidRequest(f"The database URL is not one that can be opened, such as {EXAMPLES}.") from error
        except ImportError as error:
            raise InvalidRequest(
                "The driver of the database is not installed; for PostgreSQL: pip install wavetap[postgresql]."
            ) from error
        self._dialect.prepare(self.engine, busy_seconds)
        self.commits = 0
        """A number that differs after every commit of this process."""
        self._numbers = count(1)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: committed on exit, rolled back on an error."""
        with self._translated(), self.engine.begin() as connection:
            yield connection
        self.commits = next(self._numbers)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything and holds nobody up."""
        with (
            self._translated(),
            self.engine.connect().execution_options(**self._dialect.reading) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise Unavailable("The database is busy.", retry_after=1) from error
        except DBAPIError as error:
            known = self._dialect.translated(error)
            if known is None and (error.connection_invalidated or not error.statement):
                known = Unavailable("The database does not answer.", retry_after=5)
            raise known or InternalError("The database refused a statement.") from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise InvalidRequest(f"The database URL is not one that can be opened, such as {EXAMPLES}.") from error


def _to_json(value: object) -> str:
    """JSON text; a number that is not finite becomes null, as no database takes it."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
