"""Counters of several processes: each writes its own into a directory that they share, and reads the others'."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from service.edge.counters import Counters, VersionCounters

Told = list[tuple[str, str, VersionCounters]]

PREFIX = "statistics-"


class SharedCounters:
    """One process's view of the directory; whoever has died is counted with what it told last."""

    def __init__(self, directory: Path) -> None:
        """Write nothing yet."""
        self._directory = directory
        self._own = directory / f"{PREFIX}{uuid.uuid4().hex}.json"
        self._told = Counters()
        self._text: TypeAdapter[Told] = TypeAdapter(Told)

    def tell(self, counters: Counters) -> None:
        """Let the others know, if there is anything new; they find the last file or this one, and never a part."""
        if counters == self._told:
            return
        told = [(model, version, found) for (model, version), found in counters.versions.items()]
        written = self._own.with_suffix(".part")
        written.write_bytes(self._text.dump_json(told))
        written.replace(self._own)
        self._told = counters

    def others(self) -> Iterator[Counters]:
        """What each other process told last."""
        for path in self._directory.glob(f"{PREFIX}*.json"):
            if path != self._own:
                told = self._text.validate_json(path.read_bytes())
                yield Counters({(model, version): found for model, version, found in told})
