"""Who is alive: each supervisor holds a lock that the kernel lets go of when its process dies, however it dies."""

import fcntl
import os
import socket
import uuid
from pathlib import Path

SUFFIX = ".lock"


class Liveness:
    """Our own lock, and a look at those of others who share the data directory."""

    def __init__(self, directory: Path) -> None:
        """Take a lock under a fresh name; the file gets its name only once the lock is held."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        name = uuid.uuid4().hex
        draft = directory / f".{name}"
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._path = draft.rename(directory / f"{name}{SUFFIX}")
        self.owner = f"{socket.gethostname()}:{name}"

    def is_dead(self, owner: str) -> bool:
        """Whether the owner is known to be dead; one that keeps no lock file here is not known."""
        return owner != self.owner and self._is_free(self._lock_file(owner))

    def bury(self) -> None:
        """Remove the lock files of the dead, once nothing is theirs any more."""
        for path in self._directory.glob(f"*{SUFFIX}"):
            if path != self._path and self._is_free(path):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give up our lock."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _lock_file(self, owner: str) -> Path:
        return self._directory / f"{Path(owner.rpartition(':')[2]).name}{SUFFIX}"

    @staticmethod
    def _is_free(path: Path) -> bool:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True
