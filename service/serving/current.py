"""What a reference means now: remembered, and read anew as soon as anything in the database has changed.

So a request costs microseconds instead of a query, a promotion holds for every worker with the next request, and models
in memory go on answering while the database does not.
"""

from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

from service.domain.models import ModelVersion
from service.errors import Unavailable
from service.registry_ports import ModelCatalogue
from service.serving_ports import Withdrawals

T = TypeVar("T")


class Stamp(Protocol):
    """What differs after every change to the rows."""

    def __call__(self, since: int | None = None) -> Hashable:
        """The stamp of now, or one that was taken after `since`, by time.perf_counter_ns."""
        ...


REMEMBERED = 4096
"""How many references; beyond it everything is forgotten at once, and read again."""

WITHDRAWN = "The model {!r} was unloaded: load it before it is asked."


class CurrentVersions:
    """Reads rows through a memory that a stamp of the database keeps honest."""

    def __init__(self, catalogue: ModelCatalogue, withdrawals: Withdrawals, stamp: Stamp) -> None:
        """Take the rows, and what differs after every change to them."""
        self._catalogue = catalogue
        self._withdrawals = withdrawals
        self._stamp = stamp
        self._versions: dict[tuple[str, str | None], tuple[Hashable, ModelVersion]] = {}
        self._withdrawn: tuple[Hashable, frozenset[str]] | None = None

    def version(self, model: str, reference: str | None) -> ModelVersion:
        """By number or alias; None means the newest. NotFound if there is none, Unavailable if it was unloaded."""
        stamp = self._stamp()  # before the rows: what is written after it makes them old
        if model in self._names_withdrawn(stamp):
            raise Unavailable(WITHDRAWN.format(model))
        key = (model, reference)
        entry = self._versions.get(key)
        if entry is None or entry[0] != stamp:
            version = _fresh(lambda: self._catalogue.version(model, reference), entry and entry[1])
            if len(self._versions) >= REMEMBERED:
                self._versions.clear()
            entry = self._versions[key] = (stamp, version)
        return entry[1]

    def known(self, model: str, reference: str | None, since: int | None = None) -> ModelVersion | None:
        """The same without waiting for anything: None if rows must be read first, or would be refused.

        since: when the request arrived; what was true after that is true enough
        """
        stamp, withdrawn, entry = self._stamp(since), self._withdrawn, self._versions.get((model, reference))
        if entry is None or withdrawn is None or not entry[0] == withdrawn[0] == stamp or model in withdrawn[1]:
            return None
        return entry[1]

    def remembered(self) -> dict[tuple[str, str | None], ModelVersion]:
        """Names with references as they were asked for, and what they meant then."""
        return {key: version for key, (_, version) in self._versions.copy().items()}

    def _names_withdrawn(self, stamp: Hashable) -> frozenset[str]:
        entry = self._withdrawn
        if entry is None or entry[0] != stamp:
            entry = self._withdrawn = (stamp, _fresh(self._withdrawals.names, entry and entry[1]))
        return entry[1]


def _fresh(read: Callable[[], T], remembered: T | None) -> T:
    """What stands in the rows, or what stood there last while they cannot be read."""
    try:
        return read()
    except Unavailable:
        if remembered is None:
            raise
        return remembered
