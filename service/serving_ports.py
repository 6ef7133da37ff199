"""The seams of serving: which models can be asked, and who holds them ready."""

from contextlib import AbstractContextManager
from typing import Protocol

from model.cases import Intake
from model.pipeline import Predictor
from service.domain.models import ModelVersion
from service.domain.serving import Standing


class Withdrawals(Protocol):
    """Which models were taken out of service."""

    def names(self) -> frozenset[str]:
        """All of them."""
        ...

    def add(self, model: str) -> None:
        """Note one; nothing happens if it is noted already."""
        ...

    def remove(self, model: str) -> None:
        """Strike one out; nothing happens if it was not noted."""
        ...


class Versions(Protocol):
    """What a reference means to those who ask for predictions."""

    def version(self, model: str, reference: str | None) -> ModelVersion:
        """By number or alias; None means the newest. NotFound if there is none, Unavailable if it was unloaded."""
        ...

    def known(self, model: str, reference: str | None, since: int | None = None) -> ModelVersion | None:
        """The same without waiting for anything: None if rows must be read first, or would be refused.

        since: when the request arrived, by time.perf_counter_ns; what was true after that is true enough
        """
        ...


class HeldModel(Protocol):
    """A model in memory, for as long as somebody refers to it."""

    @property
    def intake(self) -> Intake:
        """Checks cases, on any thread."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it gives."""
        ...

    def borrow(self) -> AbstractContextManager[Predictor]:
        """A predictor for one thread, given back on exit."""
        ...


class Predictors(Protocol):
    """Models held ready for prediction."""

    def loaded(self, version: ModelVersion) -> HeldModel:
        """A version in memory; Corrupt if the archive is not what was published."""
        ...

    def holds(self, version: ModelVersion) -> bool:
        """Whether `loaded` would answer at once."""
        ...

    def load(self, version: ModelVersion) -> None:
        """Have a version in memory, and its plans made; Corrupt as above."""
        ...

    def forget(self, model: str) -> None:
        """Let go of every version of a model; what is lent is let go when it is given back."""
        ...

    def standing(self, version: ModelVersion) -> Standing:
        """Whether it can be borrowed, and if not why."""
        ...

    def lent(self, version: ModelVersion) -> bool:
        """Whether somebody works with it."""
        ...
