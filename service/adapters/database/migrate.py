"""The schema, brought up to date when the service starts."""

from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.sql import column, table

from service.adapters.database.connection import Database
from service.errors import NotAllowedNow

HEAD = "0008"
"""The newest migration, known without loading Alembic; a test compares it with the files."""

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x77617665
"""Any number will do, as long as every process takes the same."""


def migrate(database: Database) -> bool:
    """Bring the schema to HEAD, and say whether there was anything to do.

    Safe when several processes start at once: one works while the others wait, then find nothing to do. It is all one
    transaction, so a process killed in it leaves the schema as it was. NotAllowedNow if a newer release wrote it.
    """
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return False
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
        found = _revision(connection)
        if found == HEAD:
            return False
        _upgrade(connection, found)
    return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - it takes a fifth of a second, and is seldom needed
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise NotAllowedNow(
            f"The database was written by a newer release (its schema is {found}, this release knows up to {HEAD}): "
            "start that release, or point WAVETAP_DATABASE_URL or WAVETAP_DATA_DIR elsewhere."
        )
    command.upgrade(config, HEAD)
