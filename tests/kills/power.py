"""A power cut, played: whatever of the artefacts was not fsynced is lost. The database is SQLite's to keep."""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

SHIM = Path(__file__).parent / "cutting"


@dataclass
class Disk:
    """What has reached the disk, by the notes that the processes' fsyncs leave in `log`."""

    root: Path
    log: Path
    files: set[tuple[int, int, int]] = field(default_factory=set)
    names: dict[int, frozenset[str]] = field(default_factory=dict)
    _read: int = 0

    def cut(self) -> int:
        """Lose what has not reached the disk, once every process is dead; answers how much that was."""
        self._catch_up()
        return self._cut(self.root) if self.root.is_dir() else 0

    def _catch_up(self) -> None:
        if not self.log.exists():
            return
        with self.log.open("rb") as log:
            log.seek(self._read)
            for line in log:
                note = json.loads(line)
                if "names" in note:
                    self.names[note["inode"]] = frozenset(note["names"])
                else:
                    self.files.add((note["inode"], note["size"], note["written"]))
            self._read = log.tell()

    def _cut(self, directory: Path) -> int:
        known = self.names.get(directory.stat().st_ino, frozenset())
        lost = 0
        for path in sorted(directory.iterdir()):
            if path.name not in known:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                lost += 1
            elif path.is_dir():
                lost += self._cut(path)
            else:
                found = path.stat()
                if (found.st_ino, found.st_size, found.st_mtime_ns) not in self.files:
                    os.truncate(path, found.st_size // 2)
                    lost += 1
        return lost
