"""A stamp of the database that differs as soon as anybody has committed anything, for whoever remembers rows."""

import sqlite3
import threading
import time
from collections.abc import Hashable

from service.adapters.database.connection import Database

SEEN_WITHIN_SECONDS = 0.25
"""How late the commits of other processes are seen where the database has no counter of its own."""


class Changes:
    """Answers the stamp in microseconds, without a row and without waiting for a writer.

    SQLite counts commits for each connection: ours never writes, so it sees everybody's, of other processes too and at
    once. Of other databases the commits of this process are counted, and those of others seen after a quarter second.
    """

    def __init__(self, database: Database) -> None:
        """Connect when first asked."""
        self._database = database
        self._lock = threading.Lock()
        url = database.engine.url
        self._counting = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
        self._connection: sqlite3.Connection | None = None
        self._last: tuple[int, int] | None = None

    def stamp(self, since: int | None = None) -> Hashable:
        """Differs from an earlier one if there was a commit between the two.

        since: by time.perf_counter_ns; one that was taken after this will do, as requests that came together share it
        """
        last = self._last
        if since is not None and last is not None and last[0] >= since:
            return last[1]
        if not self._counting:
            return self._database.commits, int(time.monotonic() / SEEN_WITHIN_SECONDS)
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    str(self._database.engine.url.database), timeout=0, isolation_level=None, check_same_thread=False
                )
            taken = time.perf_counter_ns()
            try:
                number = self._connection.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error:  # the file cannot be read now: whoever remembers reads anew, and is told why
                return time.monotonic_ns()
            self._last = taken, int(number)
            return int(number)

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
