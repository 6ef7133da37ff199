"""Passes over samples: batches of even sizes, each in the plan of its size, all plans over the same weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from model import plan as plans
from model.arrays import Array
from model.data.batches import even_batches
from model.losses.mixed import Mixed
from model.plan import Mode, Plan
from model.training.augmenting import Augmenter
from model.training.checkpoint import Weights
from model.training.problem import Problem
from model.training.samples import Samples


class Passes:
    """Runs some samples through the network, for training or for inference; owns at most two plans."""

    def __init__(
        self,
        problem: Problem,
        samples: Samples,
        weights: Weights,
        mode: Mode,
        generators: Sequence[np.random.Generator] = (),
        augmenter: Augmenter | None = None,
    ) -> None:
        """Compile nothing yet; generators: for the dropout of each shard."""
        mixed = augmenter is not None and augmenter.mixes and problem.task == "classification"
        self._loss = Mixed(problem.loss) if mixed else problem.loss
        self._augmenter = augmenter
        self._problem = problem
        self._samples = samples
        self._weights = weights
        self._mode: Mode = mode
        self._generators = generators
        self._batch = problem.spec.training.batch_size or samples.count
        self._plans: dict[int, Plan] = {}
        self._length = int(samples.lengths.max()) if problem.pipeline.length is None else problem.pipeline.length

    @property
    def steps(self) -> int:
        """How many batches all samples make."""
        return -(-self._samples.count // self._batch)

    def batches(self, order: Array) -> Iterator[tuple[Array, Plan]]:
        """For each batch of (N,) indices in this order, the indices and the plan that holds their samples."""
        for indices in even_batches(order, self._batch):
            plan = self._plan(len(indices))
            self._samples.fill(plan, indices)
            if self._augmenter is not None:
                self._augmenter.apply(plan)
            yield indices, plan

    def outputs(self) -> tuple[Array, float]:
        """What the network answers to all samples as its weights are now, (N, K) float32, and the mean loss."""
        outputs = np.empty((self._samples.count, self._problem.pipeline.network.output_width), np.float32)
        total = 0.0
        for plan in self._plans.values():
            plan.refresh()
        for indices, plan in self.batches(np.arange(self._samples.count)):
            outputs[indices] = plan.forward()
            total += plan.evaluate() * len(indices)
        return outputs, total / self._samples.count

    def _plan(self, batch: int) -> Plan:
        if batch not in self._plans:
            problem = self._problem
            plan = plans.compile(
                problem.pipeline.network,
                batch=batch,
                length=self._length,
                mode=self._mode,
                loss=self._loss,
                masked=problem.pipeline.masked,
                threads=problem.spec.training.threads or 1,
                parameters=self._weights.parameters,
                state=self._weights.state,
            )
            if self._generators:
                plan.generators = self._generators[: len(plan.generators)]
            self._plans[batch] = plan
        return self._plans[batch]
