"""Artefacts that no row refers to: those of deleted rows, and leftovers of processes that were killed."""

from datetime import timedelta

from service.ports import ArtifactStore, Clock, Discarded, References

SAFE_AGE = timedelta(hours=1)
"""A younger artefact may be on its way into a row."""

OPENED_WITHIN_SECONDS = 300.0
"""Whoever has read a row has opened what it refers to by then; an open file outlives its name."""


class Disposal:
    """Deletes discarded artefacts, each once it was seen discarded for long enough.

    The monotonic clock of the one who looks tells how long that is: a clock that is set takes nobody's file away.
    """

    def __init__(
        self, artifacts: ArtifactStore, discarded: Discarded, clock: Clock, seconds: float = OPENED_WITHIN_SECONDS
    ) -> None:
        """Nothing was seen yet."""
        self._artifacts = artifacts
        self._discarded = discarded
        self._clock = clock
        self._seconds = seconds
        self._since: dict[str, float] = {}

    def look(self) -> int:
        """Delete what is due, and say how many those were; killed in between, it is done again."""
        now = self._clock.monotonic()
        noted = self._discarded.keys()
        self._since = {key: self._since.get(key, now) for key in noted}
        due = [key for key, since in self._since.items() if now - since >= self._seconds]
        for key in due:
            self._artifacts.delete(key)
        if due:
            self._discarded.forget(due)
        return len(due)


def sweep(artifacts: ArtifactStore, references: References, clock: Clock, age: timedelta = SAFE_AGE) -> list[str]:
    """Delete what is old and referred to by nothing, and answer the keys.

    The listing comes first: an artefact put after it is not in it, so a row that is written meanwhile loses nothing.
    """
    before = clock.now() - age
    old = [found.key for found in artifacts.list() if found.modified_at < before]
    kept = references.keys() if old else frozenset()
    gone = [key for key in old if key not in kept]
    for key in gone:
        artifacts.delete(key)
    return gone
