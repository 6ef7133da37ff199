"""A PostgreSQL server of the tests' own: made, started and ended by them, reached by a socket in its directory."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from service.adapters.database.connection import Database
from service.adapters.database.migrate import migrate
from service.adapters.database.postgresql import DRIVER
from service.adapters.database.tables import metadata
from tests.patience import eventually

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")
"""Whom the server runs as when the tests run as root, whom it refuses."""

MIGRATED = "wavetap"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests that pull no plug."""


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: on the PATH, or the newest of Debian's."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [path for path in DEBIAN.glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


@dataclass
class Server:
    """A running server with one migrated database, which is emptied for each test, and fresh ones on demand."""

    command: Sequence[str | Path]
    user: str | None
    directory: Path

    def __post_init__(self) -> None:
        self._names = count(1)
        self.start()

    def start(self) -> None:
        """Start it, with whatever it finds of its data; it may not answer yet."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, user=self.user, cwd=self.directory, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self) -> None:
        """What `pg_ctl stop -m immediate` does: every session ends in the middle, and nothing is tidied up."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def prepare(self) -> None:
        """Wait until it answers, and make the database."""
        eventually(self._answers, "PostgreSQL's answer")
        self._execute("postgres", f"CREATE DATABASE {MIGRATED}")
        database = Database(self._url(MIGRATED))
        migrate(database)
        database.close()

    @property
    def url(self) -> str:
        """The URL of the migrated database as it is."""
        return self._url(MIGRATED)

    def database(self) -> str:
        """The URL of a database with the newest schema and no row."""
        self._execute(MIGRATED, f"TRUNCATE {', '.join(metadata.tables)}")
        return self._url(MIGRATED)

    def nothing(self) -> str:
        """The URL of a database without a table."""
        name = f"nothing_{next(self._names)}"
        self._execute("postgres", f"CREATE DATABASE {name}")
        return self._url(name)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"PostgreSQL did not start: {(self.directory / 'log').read_text()}")
        try:
            self._execute("postgres", "SELECT 1")
        except OperationalError:  # it is starting up
            return False
        return True

    def _url(self, name: str) -> str:
        return f"postgresql://wavetap@/{name}?host={self.directory}"

    def _execute(self, name: str, statement: str) -> None:
        engine = create_engine(make_url(self._url(name)).set(drivername=DRIVER), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """Start a server; skips the test, loudly, where there are no programs for one."""
    programs = binaries()
    if programs is None:
        pytest.skip("NO POSTGRESQL HERE: install Debian's package postgresql, and this runs")
    directory = Path(tempfile.mkdtemp(prefix="wavetap-postgresql-"))
    user = _user()
    if user is not None:
        shutil.chown(directory, user)
    data = directory / "data"
    initialize = [programs / "initdb", "-D", data, "-U", "wavetap", "--auth=trust", "--encoding=UTF8", "--no-locale"]
    try:
        subprocess.run([*initialize, "--no-sync"], check=True, capture_output=True, user=user, cwd=directory)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={directory}", "-c", "max_connections=200"]
        options += [word for setting in settings for word in ("-c", setting)]
        running = Server([programs / "postgres", "-D", data, *options], user, directory)
        try:
            running.prepare()
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(directory)


def _user() -> str | None:
    """Nobody else than ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
