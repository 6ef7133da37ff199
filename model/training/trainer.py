"""The trainer: epochs one at a time, as a generator that whoever drives it may stop at any report.

Everything random comes from the spec's seed, by a generator each for the split, the weights, the order of cases and
each shard's dropout. With the number of threads in the spec, the same series give the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Array
from model.data.series import Series
from model.data.zero_padding import zero_padding_remarks
from model.errors import Diverged, InvalidArchive
from model.optimization import wrap
from model.optimization.averaging import AVERAGE
from model.pipeline import Pipeline
from model.training import metrics
from model.training.augmenting import Augmenter
from model.training.calibration import calibrated
from model.training.checkpoint import Checkpoint, Generators, Weights
from model.training.passes import Passes
from model.training.problem import pose
from model.training.samples import Samples
from model.training.spec import TrainingSpec
from model.training.streams import stream


@dataclass(frozen=True)
class EpochReport:
    """One finished epoch, counted from 1, of at most `epochs`; `seconds` is the time it took."""

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    seconds: float


class Trainer:
    """Trains one network on one set of series; owns the plans, the optimizer and the random numbers."""

    def __init__(
        self,
        series: Series,
        spec: TrainingSpec,
        checkpoint: Checkpoint | None = None,
        validation: Series | None = None,
    ) -> None:
        """Make everything ready, from the beginning or from a checkpoint of the same spec and series.

        spec: settled for these series, by `model.training.settlement`
        validation: the series to validate on, where the spec names a dataset for it
        """
        section = spec.training
        if section.optimizer is None or section.schedule is None or section.epochs is None:
            raise ValueError("a trainer takes a settled spec")
        problem = self._problem = pose(series, spec, validation)
        network = problem.pipeline.network
        self._epochs, self._schedule, self._rate = section.epochs, section.schedule, section.optimizer.learning_rate
        self._weights = Weights(network.parameters.copy(), network.state.copy())
        optimizer = section.optimizer.bind(network.layout.size, network.layout.decayed())
        around = [each for each in (section.clipping, section.averaging) if each is not None]
        self._optimizer = wrap(optimizer, around, network.layout)
        self._answering = Weights(self._optimizer.moments.get(AVERAGE, self._weights.parameters), self._weights.state)
        self._order = stream(problem.spec, "order")
        self._dropout = [stream(problem.spec, "dropout", shard) for shard in range(section.threads or 1)]
        self._changes = stream(problem.spec, "augmentation")
        augmenter = None
        if section.augmentation:
            augmenter = Augmenter(section.augmentation, len(problem.pipeline.channels), self._changes)
        self._training = Passes(problem, problem.training, self._weights, "training", self._dropout, augmenter)
        self._validation = None if problem.held is None else Passes(problem, problem.held, self._answering, "inference")
        self._history: list[Mapping[str, float]] = []
        self._best: Weights | None = None
        self._best_epoch: int | None = None
        self._stages: tuple[tuple[int, int], ...] = ((0, section.epochs),)
        self._diverged: Diverged | None = None
        if checkpoint is not None:
            self._restore(checkpoint)

    @property
    def spec(self) -> TrainingSpec:
        """The settled spec."""
        return self._problem.spec

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd about this training, though it can be done: a sentence each."""
        pipeline, samples, remarks = self._problem.pipeline, self._problem.training, self._problem.remarks
        if pipeline.preprocessing.scaling != "none":
            return remarks
        return remarks + zero_padding_remarks(pipeline.network.layers, samples.values, pipeline.channels)

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return len(self._history)

    @property
    def finished(self) -> bool:
        """Whether every epoch is done, or validation has not improved for as long as early stopping allows."""
        stopping = self.spec.training.early_stopping
        patience = None if stopping is None else stopping.patience
        waited = 0 if self._best_epoch is None else self.epoch - self._best_epoch
        return self.epoch >= self._epochs or (patience is not None and waited >= patience)

    def epochs(self) -> Iterator[EpochReport]:
        """Train epoch by epoch; Diverged when a loss, or what it leads to, is no longer finite."""
        while not self.finished:
            begun = time.perf_counter()
            with np.errstate(all="ignore"):  # what overflows ends as Diverged
                report = self._train() | self._validate()
            if not all(map(math.isfinite, report.values())):
                raise self._divergence(step=self._training.steps)
            self._history.append(report)
            yield EpochReport(self.epoch, self._epochs, report, time.perf_counter() - begun)

    def checkpoint(self) -> bytes:
        """All that the next epoch depends on."""
        return Checkpoint(
            spec=self.spec.to_json(),
            weights=self._weights,
            moments=self._optimizer.moments,
            steps=self._optimizer.steps,
            generators=Generators(
                self._order.bit_generator.state,
                tuple(each.bit_generator.state for each in self._dropout),
                self._changes.bit_generator.state,
            ),
            history=tuple(self._history),
            best=self._best,
            best_epoch=self._best_epoch,
            stages=self._stages,
        ).write()

    def pipeline(self) -> Pipeline:
        """The trained pipeline: of the lowest validation loss, or of the last epoch if nothing is held back.

        Its answers are calibrated on what was held back, and its metrics are those after it. Of a training that
        diverged there is none, and Diverged is raised again.
        """
        if self._diverged is not None:
            raise self._diverged
        weights = self._answering.copy() if self._best is None else self._best
        chosen = self.epoch if self._best_epoch is None else self._best_epoch
        found = dict(self._history[chosen - 1]) if chosen else {}
        pipeline = self._problem.pipeline
        pipeline = replace(pipeline, network=pipeline.network.with_parameters(weights.parameters, weights.state))
        held = self._problem.held
        if held is not None and chosen:
            outputs, _ = Passes(self._problem, held, weights, "inference").outputs()
            truth = held.answers if pipeline.classes is not None else pipeline.in_units(held.answers)
            pipeline = calibrated(pipeline, held.answers, outputs, held.counts)
            found |= _validated(metrics.validation_metrics(pipeline, truth, outputs, held.counts))
        told = {"spec": self.spec.to_json(), "epoch": chosen, "metrics": found, "remarks": list(self.remarks)}
        gone = {"stages": [list(stage) for stage in self._stages], "trained_epochs": self.epoch}
        return replace(pipeline, metadata={**told, **gone, **self._windows()})

    def _windows(self) -> dict[str, dict[str, int]]:
        """How many were trained and validated on; nothing where series are taken whole."""
        training, held = self._problem.training, self._problem.held
        if self._problem.pipeline.window is None:
            return {}
        return {"windows": {"training": training.count, "validation": 0 if held is None else held.count}}

    def _divergence(self, step: int) -> Diverged:
        self._diverged = Diverged(epoch=self.epoch + 1, step=step)
        return self._diverged

    def _train(self) -> dict[str, float]:
        samples = self._problem.training
        outputs = np.empty((samples.count, self._problem.pipeline.network.output_width), np.float32)
        steps = self._training.steps
        watched = tuple(report.get("validation_loss", report["loss"]) for report in self._history)
        total, rate = 0.0, self._rate
        batches = self._training.batches(self._order.permutation(samples.count))
        for step, (indices, plan) in enumerate(batches):
            loss = plan.step()
            if not math.isfinite(loss):
                raise self._divergence(step=step + 1)
            progress = (self.epoch + step / steps) / self._epochs
            rate = self._rate * self._schedule.factor(progress, watched)
            self._optimizer.update(self._weights.parameters, plan.gradient, rate)
            outputs[indices] = plan.outputs
            total += loss * len(indices)
        kept = self._weights.parameters, self._weights.state, self._answering.parameters
        if not all(np.isfinite(values).all() for values in kept):
            raise self._divergence(step=steps)
        return {"loss": total / samples.count, **self._measured(samples, outputs), "learning_rate": rate}

    def _validate(self) -> dict[str, float]:
        if self._validation is None or self._problem.held is None:
            return {}
        outputs, loss = self._validation.outputs()
        found = _validated({"loss": loss, **self._measured(self._problem.held, outputs)})
        if self._best_epoch is None or loss < self._history[self._best_epoch - 1]["validation_loss"]:
            self._best, self._best_epoch = self._answering.copy(), self.epoch + 1
        return found

    def _measured(self, samples: Samples, outputs: Array) -> dict[str, float]:
        return metrics.epoch_metrics(self._problem.pipeline, samples.answers, outputs, samples.counts)

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Go on where the checkpoint was made; only the number of epochs may have changed since."""
        theirs, ours = (
            dict(spec, training={**spec["training"], "epochs": None}) for spec in (checkpoint.spec, self.spec.to_json())
        )
        if theirs != ours or checkpoint.weights.parameters.shape != self._weights.parameters.shape:
            raise InvalidArchive("The checkpoint is of another training: its spec or its network differs.")
        np.copyto(self._weights.parameters, checkpoint.weights.parameters)
        np.copyto(self._weights.state, checkpoint.weights.state)
        for name, moment in self._optimizer.moments.items():
            np.copyto(moment, checkpoint.moments[name])
        self._optimizer.steps = checkpoint.steps
        self._order.bit_generator.state = checkpoint.generators.order
        for generator, state in zip(self._dropout, checkpoint.generators.dropout, strict=True):
            generator.bit_generator.state = state
        self._changes.bit_generator.state = checkpoint.generators.augmentation
        self._history = list(checkpoint.history)
        self._best, self._best_epoch = checkpoint.best, checkpoint.best_epoch
        changed = checkpoint.stages[-1][1] != self._epochs
        self._stages = (*checkpoint.stages, (self.epoch, self._epochs)) if changed else checkpoint.stages


def _validated(found: Mapping[str, float]) -> dict[str, float]:
    """Metrics under the names that tell them from those of training."""
    return {f"validation_{name}": value for name, value in found.items()}
