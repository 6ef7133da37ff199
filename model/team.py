"""Threads that run the shards of a plan side by side: NumPy lets go of the interpreter lock inside its own loops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Task = Callable[[int], None]


class Team:
    """`size` members; the caller is member 0, the others wait on a queue each. One member needs no thread."""

    def __init__(self, size: int) -> None:
        self._inboxes: list[SimpleQueue[Task | None]] = [SimpleQueue() for _ in range(size - 1)]
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, args=(inbox, index), daemon=True, name=f"shard-{index}")
            for index, inbox in enumerate(self._inboxes, start=1)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, task: Task) -> None:
        """task(0) here and task(i) on the others, until all are done; the first error is raised here."""
        for inbox in self._inboxes:
            inbox.put(task)
        error: BaseException | None = None
        try:
            task(0)
        finally:
            for _ in self._inboxes:
                error = self._done.get() or error
        if error is not None:
            raise error

    def _serve(self, inbox: SimpleQueue[Task | None], index: int) -> None:
        while (task := inbox.get()) is not None:
            try:
                task(index)
            except BaseException as error:  # noqa: BLE001 - it is raised again where `run` was called
                self._done.put(error)
            else:
                self._done.put(None)

    def close(self) -> None:
        """Lets the threads end."""
        for inbox in self._inboxes:
            inbox.put(None)
