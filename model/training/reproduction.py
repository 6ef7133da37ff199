"""Training again by a record, and comparing the weights with those that were recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from model.training.checkpoint import Checkpoint
from model.training.record import ENVIRONMENT, environment, weights_sha256
from model.training.spec import TrainingSpec
from model.training.trainer import EpochReport, Trainer

if TYPE_CHECKING:
    from model.data.series import Series
    from model.network import Network


@dataclass(frozen=True)
class Comparison:
    """Two SHA-256 of weights, and for each member of the environment that differs what was recorded and what is."""

    recorded: str
    found: str
    differences: Mapping[str, tuple[Any, Any]]

    @property
    def identical(self) -> bool:
        """Whether the weights are the same, bit for bit."""
        return self.recorded == self.found


def compare(recorded: Mapping[str, Any], network: Network) -> Comparison:
    """A record of `model.training.record` beside a network that was trained again, here and now."""
    here = environment()
    differences = {name: (recorded[name], here[name]) for name in ENVIRONMENT if recorded[name] != here[name]}
    return Comparison(recorded["weights_sha256"], weights_sha256(network), differences)


class Reproduction:
    """Trains the recorded spec anew, through the same stages; owns the trainer of the present stage.

    A training whose number of epochs was changed on the way went through several stages: its learning rate followed
    another course in each.
    """

    def __init__(
        self,
        series: Series,
        spec: TrainingSpec,
        recorded: Mapping[str, Any],
        checkpoint: Checkpoint | None = None,
        validation: Series | None = None,
    ) -> None:
        """Make the first stage ready, or that of a checkpoint; the spec is the settled one of the version."""
        self._series, self._spec, self._recorded, self._validation = series, spec, recorded, validation
        stages: list[tuple[int, int]] = [(epoch, epochs) for epoch, epochs in recorded["stages"]]
        begun = 1 if checkpoint is None else len(checkpoint.stages)
        self._trainer = self._stage(stages[begun - 1][1], checkpoint)
        self._left = stages[begun:]

    def epochs(self) -> Iterator[EpochReport]:
        """Train epoch by epoch, as a `Trainer` does."""
        for epoch, epochs in self._left:
            yield from self._until(epoch)
            self._trainer = self._stage(epochs, Checkpoint.read(self._trainer.checkpoint()))
        yield from self._until(self._recorded["trained_epochs"])

    def checkpoint(self) -> bytes:
        """All that the next epoch depends on."""
        return self._trainer.checkpoint()

    def comparison(self) -> Comparison:
        """Once every epoch is done, how the weights compare."""
        return compare(self._recorded, self._trainer.pipeline().network)

    def _until(self, epoch: int) -> Iterator[EpochReport]:
        if self._trainer.epoch < epoch:
            for report in self._trainer.epochs():
                yield report
                if self._trainer.epoch >= epoch:
                    return

    def _stage(self, epochs: int, checkpoint: Checkpoint | None) -> Trainer:
        training = replace(self._spec.training, epochs=epochs)
        return Trainer(self._series, replace(self._spec, training=training), checkpoint, self._validation)
