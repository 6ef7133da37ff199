"""Python reads this as it starts: each fsync is noted once it has returned, so that a power cut can be played.

A file is noted by its inode, its size and the time of its last write, a directory by the names in it.
"""

import json
import os
import stat

SYNCED = os.environ.get("SYNCED")


def note_syncs(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    sync = os.fsync

    def noted(file: int) -> None:
        sync(file)
        found = os.fstat(file)
        note: dict[str, object] = {"inode": found.st_ino}
        if stat.S_ISDIR(found.st_mode):
            note["names"] = os.listdir(file)
        else:
            note |= {"size": found.st_size, "written": found.st_mtime_ns}
        os.write(descriptor, json.dumps(note).encode() + b"\n")

    os.fsync = noted


if SYNCED is not None:
    note_syncs(SYNCED)
