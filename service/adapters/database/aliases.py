"""The rows of aliases and of their changes.

Each change tells by `before` to which earlier change a roll back of it leads, so that going back step by step, and
setting an alias in between, need no replay of the story.
"""

from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, select, update

from service.adapters.database.catalogue import find_version, lock_model
from service.adapters.database.connection import Database
from service.adapters.database.keys import Keys
from service.adapters.database.tables import alias_changes, aliases, versions
from service.domain.aliases import Alias, AliasChange, AliasMove
from service.errors import NotAllowedNow, NotFound
from service.ports import Clock
from service.registry_ports import Idempotency

CHANGES_SHOWN = 50


class DatabaseAliases:
    """The alias store over a relational database."""

    def __init__(self, database: Database, clock: Clock, keys: Keys | None = None) -> None:
        """Share the database's connections; times are the clock's."""
        self._database = database
        self._clock = clock
        self._keys = keys or Keys()

    def get(self, model: str, alias: str) -> Alias:
        """One alias with its story."""
        with self._database.reading() as connection:
            return _alias(connection, _row(connection, model, alias))

    def point(self, model: str, alias: str, reference: str) -> Alias:
        """One transaction finds the version and moves the alias; where it points there already, nothing changes."""
        with self._database.writing() as connection:
            lock_model(connection, model)
            number = find_version(connection, model, reference).number
            row = _found(connection, model, alias)
            if row is None or row["number"] != number:
                self._move(connection, (model, alias), AliasMove.SET, number, None if row is None else row["sequence"])
            return _alias(connection, _row(connection, model, alias))

    def roll_back(self, model: str, alias: str, idempotency: Idempotency | None = None) -> Alias:
        """One transaction finds where the alias pointed before and points it there again."""
        with self._database.writing() as connection:
            lock_model(connection, model)
            row = _row(connection, model, alias)
            bound = self._keys.bind(connection, idempotency, f"{alias}:{row['sequence']}", self._clock.now())
            if bound is not None:
                return _alias(connection, row)
            earlier = _earlier(connection, row)
            if earlier is None:
                raise NotAllowedNow(f"The alias {alias} of {model} has not pointed at any other version that is left.")
            self._move(connection, (model, alias), AliasMove.ROLLBACK, earlier["number"], earlier["before"])
            return _alias(connection, _row(connection, model, alias))

    def remove(self, model: str, alias: str) -> None:
        """Forget where it points; its story goes on if it is ever set again."""
        with self._database.writing() as connection:
            lock_model(connection, model)
            _row(connection, model, alias)
            self._move(connection, (model, alias), AliasMove.REMOVE, None, None)

    def _move(
        self, connection: Connection, whose: tuple[str, str], move: AliasMove, number: int | None, before: int | None
    ) -> None:
        """Add a change behind the last and have the alias follow it; the model's row must be locked."""
        model, alias = whose
        mine = and_(alias_changes.c.model == model, alias_changes.c.alias == alias)
        sequence = (connection.scalar(select(func.max(alias_changes.c.sequence)).where(mine)) or 0) + 1
        change = {"model": model, "alias": alias, "sequence": sequence, "kind": move.value}
        connection.execute(
            insert(alias_changes).values(**change, number=number, before=before, created_at=self._clock.now())
        )
        same = and_(aliases.c.model == model, aliases.c.alias == alias)
        if number is None:
            connection.execute(delete(aliases).where(same))
        elif connection.execute(update(aliases).where(same).values(number=number, sequence=sequence)).rowcount == 0:
            connection.execute(insert(aliases).values(model=model, alias=alias, number=number, sequence=sequence))


def rollback_targets(connection: Connection, model: str) -> frozenset[int]:
    """The versions that the aliases of a model would go back to."""
    rows = connection.execute(select(aliases).where(aliases.c.model == model)).mappings().all()
    return frozenset(earlier["number"] for row in rows if (earlier := _earlier(connection, row)) is not None)


def _found(connection: Connection, model: str, alias: str) -> RowMapping | None:
    statement = select(aliases).where(aliases.c.model == model, aliases.c.alias == alias)
    return connection.execute(statement).mappings().first()


def _row(connection: Connection, model: str, alias: str) -> RowMapping:
    row = _found(connection, model, alias)
    if row is None:
        raise NotFound(f"The model {model!r} has no alias {alias!r}.")
    return row


def _earlier(connection: Connection, row: RowMapping) -> RowMapping | None:
    """The change that a roll back leads to: the last one whose version is another, and is still there."""
    change = _change(connection, row, row["sequence"])
    while change is not None and change["before"] is not None:
        change = _change(connection, row, change["before"])
        if change is not None and change["number"] != row["number"] and _is_there(connection, change):
            return change
    return None


def _change(connection: Connection, row: RowMapping, sequence: int) -> RowMapping | None:
    mine = and_(alias_changes.c.model == row["model"], alias_changes.c.alias == row["alias"])
    return (
        connection.execute(select(alias_changes).where(mine, alias_changes.c.sequence == sequence)).mappings().first()
    )


def _is_there(connection: Connection, change: RowMapping) -> bool:
    same = and_(versions.c.model == change["model"], versions.c.number == change["number"])
    return connection.scalar(select(versions.c.number).where(same)) is not None


def _alias(connection: Connection, row: RowMapping) -> Alias:
    earlier = _earlier(connection, row)
    mine = and_(alias_changes.c.model == row["model"], alias_changes.c.alias == row["alias"])
    newest = select(alias_changes).where(mine).order_by(alias_changes.c.sequence.desc()).limit(CHANGES_SHOWN)
    history = tuple(
        AliasChange(change["sequence"], AliasMove(change["kind"]), change["number"], change["created_at"])
        for change in connection.execute(newest).mappings()
    )
    previous = None if earlier is None else earlier["number"]
    return Alias(row["model"], row["alias"], row["number"], previous, history)
