"""The sections of a training spec: frozen values, each read from its JSON object and written back to it.

None means that nothing was chosen: `resolve` fills it in for a dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from model import recipes
from model.data.augmentation import AUGMENTATIONS, Augmentation
from model.data.scaling import FILLINGS, SCALINGS, Missing, Scaling
from model.errors import InvalidSpec
from model.layers import sequence
from model.layers.registry import layer_to_json, layers_from_json
from model.losses import LOSSES, LossSpec
from model.optimization import ClipNorm, ClipValue, WeightAverage, Wrapping
from model.optimizers import OPTIMIZERS, OptimizerSpec
from model.schedules import SCHEDULES, Schedule
from model.training.class_weights import ClassWeights
from model.training.fields import Fields, tagged_to_json
from model.training.validation import Validation

MOST_EPOCHS = 100_000
MOST_AUGMENTATIONS = 10
LARGEST_BATCH = 65_536
MOST_LAYERS = 200
MOST_THREADS = 64
DEEPEST = 64
LARGEST_NUMBER = 1_000_000
MOST_STEPS = 1_000_000_000
LARGEST_SEED = 2**63 - 1

CLIPPINGS = {spec.kind: spec for spec in (ClipNorm, ClipValue)}
AVERAGES = {spec.kind: spec for spec in (WeightAverage,)}

JSON = dict[str, Any]


@dataclass(frozen=True)
class NetworkSection:
    """A recipe with its options, or the body's layers: exactly one of them, once chosen."""

    recipe: str | None = None
    options: tuple[tuple[str, object], ...] = ()
    layers: sequence.Layers | None = None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> NetworkSection:
        """{"recipe": name, option: value, ...} or {"layers": [...]}."""
        if value is None:
            return cls()
        _limit(value, pointer)
        if isinstance(value, Mapping) and "recipe" in value:
            if not isinstance(value["recipe"], str):
                raise InvalidSpec(
                    f"recipe must be one of {', '.join(sorted(recipes.RECIPES))}.", pointer=f"{pointer}/recipe"
                )
            options = {name: _hashable(option) for name, option in value.items() if name != "recipe"}
            return cls(recipe=value["recipe"], options=tuple(sorted(options.items())))
        fields = Fields(value, pointer, ("recipe", "layers"))
        if fields.value("layers") is None:
            return cls()
        return cls(layers=layers_from_json(fields.value("layers"), f"{pointer}/layers"))

    def to_json(self) -> JSON:
        """The same object back."""
        if self.layers is not None:
            return {"layers": [layer_to_json(layer) for layer in self.layers]}
        if self.recipe is None:
            return {}
        return {"recipe": self.recipe, **{name: _listed(option) for name, option in self.options}}

    def body(self) -> sequence.Layers:
        """The layers, built by the recipe if one was named; InvalidSpec with pointers into `/network`."""
        try:
            layers = self.layers if self.recipe is None else recipes.build(self.recipe, **dict(self.options))
        except InvalidSpec as error:
            raise InvalidSpec(error.message, pointer=f"/network{error.pointer or ''}") from error
        if not layers:
            raise InvalidSpec("A network needs a layer at least.", pointer="/network/layers")
        count = sum(1 for _ in sequence.walk(layers))
        if count > MOST_LAYERS:
            raise InvalidSpec(f"The network has {count} layers; at most {MOST_LAYERS} are built.", pointer="/network")
        return layers


@dataclass(frozen=True)
class PreprocessingSection:
    """Scaling and the treatment of missing values; window and stride in steps, and a horizon for forecasting alone."""

    scaling: Scaling | None = None
    missing: Missing | None = None
    window: int | None = None
    horizon: int | None = None
    stride: int | None = None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> PreprocessingSection:
        """{"scaling": "channel", "missing": "interpolate"}, {"window", "stride"}, and {"horizon"} for forecasting."""
        fields = Fields({} if value is None else value, pointer, tuple(cls.__dataclass_fields__))
        return cls(
            scaling=cast("Scaling | None", fields.choice("scaling", SCALINGS)),
            missing=cast("Missing | None", fields.choice("missing", tuple(FILLINGS))),
            window=fields.integer("window", 1, LARGEST_NUMBER),
            horizon=fields.integer("horizon", 1, LARGEST_NUMBER),
            stride=fields.integer("stride", 1, MOST_STEPS),
        )

    def to_json(self) -> JSON:
        """What was chosen."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class EarlyStopping:
    """Training ends after `patience` epochs without a better validation loss; None never ends it early."""

    patience: int | None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> EarlyStopping:
        """{"patience": 20}; null never ends early."""
        fields = Fields({} if value is None else value, pointer, ("patience",))
        return cls(fields.integer("patience", 1, MOST_EPOCHS))


@dataclass(frozen=True)
class TrainingSection:
    """How the network is trained; cases are changed or weighted, gradients clipped, weights averaged if asked for."""

    epochs: int | None = None
    batch_size: int | None = None
    optimizer: OptimizerSpec | None = None
    schedule: Schedule | None = None
    loss: LossSpec | None = None
    clipping: Wrapping | None = None
    averaging: Wrapping | None = None
    augmentation: tuple[Augmentation, ...] | None = None
    class_weights: ClassWeights | None = None
    validation: Validation | None = None
    early_stopping: EarlyStopping | None = None
    seed: int | None = None
    threads: int | None = None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> TrainingSection:
        """The object of the same fields."""
        fields = Fields({} if value is None else value, pointer, tuple(cls.__dataclass_fields__))
        return cls(
            epochs=fields.integer("epochs", 1, MOST_EPOCHS),
            batch_size=fields.integer("batch_size", 1, LARGEST_BATCH),
            optimizer=fields.tagged("optimizer", OPTIMIZERS),
            schedule=fields.tagged("schedule", SCHEDULES),
            loss=fields.tagged("loss", LOSSES),
            clipping=fields.tagged("clipping", CLIPPINGS),
            averaging=fields.tagged("averaging", AVERAGES),
            augmentation=fields.all_tagged("augmentation", AUGMENTATIONS, MOST_AUGMENTATIONS),
            class_weights=ClassWeights.from_json(fields.value("class_weights"), fields.at("class_weights")),
            validation=_where_given(fields, "validation", Validation),
            early_stopping=_where_given(fields, "early_stopping", EarlyStopping),
            seed=fields.integer("seed", 0, LARGEST_SEED),
            threads=fields.integer("threads", 1, MOST_THREADS),
        )

    def to_json(self) -> JSON:
        """What was chosen."""
        chosen: JSON = {name: value for name, value in vars(self).items() if value is not None}
        for name in ("optimizer", "schedule", "loss", "clipping", "averaging"):
            if name in chosen:
                chosen[name] = tagged_to_json(chosen[name])
        if self.augmentation is not None:
            chosen["augmentation"] = [tagged_to_json(each) for each in self.augmentation]
        if self.class_weights is not None:
            chosen["class_weights"] = self.class_weights.to_json()
        if self.validation is not None:
            chosen["validation"] = self.validation.to_json()
        if self.early_stopping is not None:
            chosen["early_stopping"] = dict(vars(self.early_stopping))
        return chosen


def _where_given(fields: Fields, name: str, section: Any) -> Any | None:  # noqa: ANN401 - Validation or EarlyStopping
    """Null is a choice here, so only an absent field is none."""
    return section.from_json(fields.value(name), fields.at(name)) if fields.given(name) else None


def _limit(value: object, pointer: str, depth: int = 0) -> None:
    """Refuse numbers and nesting that no network has before anything is built from them."""
    if depth > DEEPEST:
        raise InvalidSpec(f"The network is nested more than {DEEPEST} deep.", pointer="/network")
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise InvalidSpec(f"{str(value)[:20]} is beyond {LARGEST_NUMBER}, the largest number here.", pointer=pointer)
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        _limit(item, f"{pointer}/{name}", depth + 1)


def _hashable(option: object) -> object:
    return tuple(option) if isinstance(option, Sequence) and not isinstance(option, str) else option


def _listed(option: object) -> object:
    return list(option) if isinstance(option, tuple) else option
