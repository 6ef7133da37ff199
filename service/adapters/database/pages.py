"""A page of a table, newest first."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, and_, or_

from service.domain.pages import Cursor, Page, PageRequest

Item = TypeVar("Item")


def fetch_page(
    connection: Connection,
    statement: Select[Any],
    table: Table,
    request: PageRequest,
    item: Callable[[RowMapping], Item],
    identity: str = "id",
) -> Page[Item]:
    """Run a select of one table from the cursor on; one row more is fetched to know whether anything follows."""
    order = (table.c.created_at, table.c[identity])
    if request.after is not None:
        seen, (moment, name) = request.after, order
        statement = statement.where(or_(moment < seen.created_at, and_(moment == seen.created_at, name < seen.id)))
    statement = statement.order_by(*(column.desc() for column in order)).limit(request.limit + 1)
    rows = connection.execute(statement).mappings().all()
    shown = rows[: request.limit]
    more = Cursor(shown[-1]["created_at"], shown[-1][identity]).encode() if len(rows) > request.limit else None
    return Page(tuple(item(row) for row in shown), more)
