"""The training spec: what a client may ask for, and what becomes of it for a dataset.

`TrainingSpec.from_json` accepts nothing it does not know; `resolve` fills every default in and refuses whatever could
not train, so that a resolved spec says all that a training does, and resolving it again changes nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from model import recipes
from model.data.scaling import input_channels
from model.data.series import TASKS, SeriesFacts, Task
from model.errors import InvalidSeries, InvalidSpec
from model.geometry import Shape
from model.losses import LossSpec, Quantile
from model.training import class_weights, cutting, defaults
from model.training import validation as validated
from model.training.architecture import require_buildable, with_head
from model.training.augmenting import require_fitting
from model.training.fields import Fields
from model.training.sections import EarlyStopping, NetworkSection, PreprocessingSection, TrainingSection


@dataclass(frozen=True)
class TrainingSpec:
    """Task, network, preprocessing and training; what is None was not chosen, and nothing is in a resolved spec."""

    task: Task | None = None
    network: NetworkSection = field(default_factory=NetworkSection)
    preprocessing: PreprocessingSection = field(default_factory=PreprocessingSection)
    training: TrainingSection = field(default_factory=TrainingSection)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrainingSpec:
        """Read the JSON of a training job; InvalidSpec with a pointer to what cannot be meant."""
        fields = Fields(value, "", tuple(cls.__dataclass_fields__))
        return cls(
            task=cast("Task | None", fields.choice("task", TASKS)),
            network=NetworkSection.from_json(fields.value("network"), "/network"),
            preprocessing=PreprocessingSection.from_json(fields.value("preprocessing"), "/preprocessing"),
            training=TrainingSection.from_json(fields.value("training"), "/training"),
        )

    def validated_on(self, dataset: str) -> TrainingSpec:
        """The same, with all of a dataset in place of what would be kept back."""
        validation = validated.Validation(dataset=dataset)
        return replace(self, training=replace(self.training, validation=validation))

    def to_json(self) -> dict[str, Any]:
        """The same JSON back, with everything that was filled in."""
        sections = {
            "network": self.network.to_json(),
            "preprocessing": self.preprocessing.to_json(),
            "training": self.training.to_json(),
        }
        return sections if self.task is None else {"task": self.task, **sections}


def resolve(spec: TrainingSpec, facts: SeriesFacts) -> TrainingSpec:
    """Fill in every default for series with these facts; InvalidSpec or InvalidSeries for what cannot train."""
    task = _task(spec.task, facts)
    preprocessing = cutting.resolve(spec.preprocessing, task, facts)
    training = _training(spec.training, preprocessing, task, facts)
    network = _network(spec.network, preprocessing, task, facts)
    resolved = TrainingSpec(task, network, preprocessing, training)
    low, high = cutting.seen_lengths(preprocessing, (facts.length_min, facts.length_max))
    channels = input_channels(len(facts.channels), preprocessing.missing)
    width = head_width(resolved, len(facts.channels), answers_of(task, facts.labels, facts.target_width))
    layers = with_head(network.body(), width, Shape(channels, low))
    require_buildable(layers, channels, (low, high), training.batch_size or 1)
    return resolved


def answers_of(task: Task, classes: Collection[str] | None, targets: int | None) -> int:
    """The classes or targets of a case, of which facts and series tell alike; a forecast has neither."""
    if task == "forecasting":
        return 0
    return len(classes or ()) if task == "classification" else targets or 0


def head_width(spec: TrainingSpec, channels: int, answers: int) -> int:
    """Outputs of the head: one a class, a target, or a channel and step of the horizon; of these each quantile."""
    if spec.task == "classification":
        return answers
    width = answers if spec.task == "regression" else channels * (spec.preprocessing.horizon or 0)
    return width * len(quantiles_of(spec) or (None,))


def quantiles_of(spec: TrainingSpec) -> tuple[float, ...] | None:
    """The quantiles that a resolved spec answers with, if its loss has any."""
    return spec.training.loss.quantiles if isinstance(spec.training.loss, Quantile) else None


def _task(task: Task | None, facts: SeriesFacts) -> Task:
    task = task or facts.task
    lacking = {"classification": facts.labels is None, "regression": facts.target is None, "forecasting": False}
    if lacking[task]:
        need = "labels" if task == "classification" else "targets"
        raise InvalidSpec(f"{task} needs {need}, and the series have none; they are for {facts.task}.", pointer="/task")
    if task == "forecasting":
        return task
    if facts.cases == 1:
        raise InvalidSeries(f"There is one case; {task} needs two at least.")
    if task == "classification":
        present = [name for name, count in (facts.labels or {}).items() if count]
        if len(present) == 1:
            raise InvalidSeries(f"Every case is labelled {present[0]!r}; classification needs two classes at least.")
    return task


def _training(
    section: TrainingSection, preprocessing: PreprocessingSection, task: Task, facts: SeriesFacts
) -> TrainingSection:
    samples = cutting.samples(preprocessing, facts)
    stopping = section.early_stopping
    stops = stopping is not None and stopping.patience is not None
    validation = validated.resolve(section.validation, task, facts, stopping=stops)
    if stops and validation.nothing:
        raise InvalidSpec(
            "early_stopping watches the validation loss; validation with a fraction above 0 is needed.",
            pointer="/training/early_stopping",
        )
    require_fitting(section.augmentation or (), task)
    require_filled(section.batch_size, samples)
    trained = validation.trained(samples, facts)
    batch_size = section.batch_size or defaults.batch_size(task, trained)
    classes = len(facts.labels or ()) if task == "classification" else 0
    return replace(
        section,
        epochs=section.epochs or defaults.epochs(task, trained, batch_size, classes),
        batch_size=batch_size,
        loss=_loss(section, task, facts),
        class_weights=class_weights.resolve(section.class_weights, task, facts),
        optimizer=section.optimizer or defaults.OPTIMIZER,
        schedule=section.schedule or defaults.SCHEDULE,
        validation=validation,
        early_stopping=stopping or EarlyStopping(None),
        seed=section.seed or 0,
        threads=section.threads or defaults.THREADS,
    )


def require_filled(batch_size: int | None, samples: int) -> None:
    """Refuse a batch that is larger than what there is to fill it: cases, or the windows that they are cut into."""
    if batch_size is not None and batch_size > samples:
        raise InvalidSpec(
            f"batch_size is {batch_size}; there are {samples} cases or windows to train on; a batch is no larger.",
            pointer="/training/batch_size",
        )


def _loss(section: TrainingSection, task: Task, facts: SeriesFacts) -> LossSpec:
    loss = section.loss
    if loss is None:
        return defaults.LOSSES[task]
    accepted = defaults.ACCEPTED_LOSSES[task]
    if loss.kind not in accepted:
        raise InvalidSpec(
            f"The loss {loss.kind} is not for {task}; {', '.join(accepted)} are.", pointer="/training/loss/kind"
        )
    weights, classes = getattr(loss, "class_weights", None), len(facts.labels or ())
    if weights is not None and section.class_weights is not None:
        raise InvalidSpec(
            "class_weights are given to the loss and to the training; one of them is enough.",
            pointer="/training/class_weights",
        )
    if weights is not None and len(weights) != classes:
        raise InvalidSpec(
            f"There are {len(weights)} class_weights for {classes} classes; each class needs one, in sorted order.",
            pointer="/training/loss/class_weights",
        )
    return loss


def _network(
    section: NetworkSection, preprocessing: PreprocessingSection, task: Task, facts: SeriesFacts
) -> NetworkSection:
    """A recipe with all its options written out, so that a stored spec does not change when a default does."""
    if section.layers is not None:
        return section
    if section.recipe is None:
        section = _usual_network(preprocessing, facts)
    if section.layers is not None:
        return section
    name = section.recipe or defaults.RECIPES[task]
    parameters = inspect.signature(recipes.RECIPES[name]).parameters if name in recipes.RECIPES else {}
    options = {key: parameter.default for key, parameter in parameters.items()} | dict(section.options)
    return NetworkSection(name, tuple(sorted(options.items())))


def _usual_network(preprocessing: PreprocessingSection, facts: SeriesFacts) -> NetworkSection:
    """What goes with these series where nothing was chosen."""
    channels, window, horizon = len(facts.channels), preprocessing.window, preprocessing.horizon
    if window is None or horizon is None:
        return NetworkSection(options=tuple(defaults.recipe_options(window or facts.length_max).items()))
    inputs = input_channels(channels, preprocessing.missing)
    layers = defaults.forecaster(channels, inputs, window, horizon)
    options = () if layers is not None else tuple(defaults.recipe_options(window).items())
    return NetworkSection(options=options, layers=layers)
