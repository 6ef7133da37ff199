"""Leftovers of processes that were killed: artefacts that no row refers to."""

from datetime import timedelta

from service.ports import ArtifactStore, Clock, References

SAFE_AGE = timedelta(hours=1)
"""A younger artefact may be on its way into a row."""


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
