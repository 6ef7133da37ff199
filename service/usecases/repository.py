"""The model repository as the inference protocol has it: what can be asked, taken out of service and put back."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from service.domain.models import ModelVersion
from service.domain.pages import LARGEST_PAGE, Cursor, Page, PageRequest
from service.domain.serving import UNLOADED, UNLOADING, ServingState, Standing, VersionStanding
from service.registry_ports import ModelCatalogue
from service.serving_ports import Predictors, Withdrawals

T = TypeVar("T")


class Repository:
    """Every published model is in service unless it was unloaded; that holds for all workers, and over a restart."""

    def __init__(self, catalogue: ModelCatalogue, withdrawals: Withdrawals, predictors: Predictors) -> None:
        """Take the seams."""
        self._catalogue = catalogue
        self._withdrawals = withdrawals
        self._predictors = predictors

    def index(self, *, ready: bool = False) -> list[VersionStanding]:
        """Every version with its standing; with `ready` those only that can be asked."""
        withdrawn = self._withdrawals.names()
        standings = [
            VersionStanding(model.name, found.version.number, self._standing(found.version, model.name in withdrawn))
            for model in _all(self._catalogue.models)
            for found in _all(lambda page, name=model.name: self._catalogue.versions(name, page))  # type: ignore[misc]  # a default that binds
        ]
        return [one for one in standings if not ready or one.standing.state is ServingState.READY]

    def load(self, model: str) -> None:
        """Put a model in service, its newest version in memory; NotFound, or Corrupt with the reason why it cannot."""
        self._predictors.load(self._catalogue.version(model, None))
        self._withdrawals.remove(model)

    def unload(self, model: str) -> None:
        """Take a model out of service: what runs is answered, what comes is refused, the memory is given back."""
        self._catalogue.model(model)
        self._withdrawals.add(model)
        self._predictors.forget(model)

    def _standing(self, version: ModelVersion, withdrawn: bool) -> Standing:  # noqa: FBT001  # of one of many in a loop
        if not withdrawn:
            return self._predictors.standing(version)
        return UNLOADING if self._predictors.lent(version) else UNLOADED


def _all(fetch: Callable[[PageRequest], Page[T]]) -> Iterator[T]:
    """Every item of a collection, page by page."""
    after: Cursor | None = None
    more = True
    while more:
        page = fetch(PageRequest(LARGEST_PAGE, after))
        yield from page.items
        more = page.next_cursor is not None
        after = Cursor.decode(page.next_cursor) if page.next_cursor else None
