"""What a training will be for series that are known by their outline, or why there can be none.

`resolve` fills in what is open and refuses by what the series hold all in all; here the very split is tried as well,
so that whatever is settled can be trained. What only the values tell is left: a loss that diverges.
"""

from __future__ import annotations

from dataclasses import replace

from model.data import windows
from model.data.outline import Outline
from model.data.scaling import input_channels
from model.data.series import Series, SeriesFacts
from model.errors import InvalidSeries, InvalidSpec, told
from model.geometry import Shape
from model.network import needs_length
from model.training import cutting
from model.training.architecture import require_buildable, with_head
from model.training.division import divide, trained_samples
from model.training.spec import TrainingSpec, answers_of, head_width, require_filled, resolve
from model.training.validation import POINTER, Validation, unfit


def settle(wanted: TrainingSpec, facts: SeriesFacts, outline: Outline, others: Outline | None = None) -> TrainingSpec:
    """Fill in every default; InvalidSpec or InvalidSeries for whatever could not be trained.

    Where nothing was chosen for validation and the series are too short to keep some back, nothing is.
    others: the series to validate on, where the spec names a dataset for it
    """
    low, high = outline.seen_by(wanted.task or facts.task)
    facts = replace(facts, length_min=low, length_max=high)
    spec = resolve(wanted, facts)
    _require_few_windows(spec, outline)
    try:
        division = divide(outline, spec, rehearsal=True)
    except InvalidSeries as error:
        if wanted.training.validation is not None or _stops(spec):
            raise _refused(spec, error) from error
        training = replace(wanted.training, validation=Validation(0.0))
        spec = resolve(replace(wanted, training=training), facts)
        division = divide(outline, spec, rehearsal=True)
    trained = trained_samples(outline, spec, division)
    require_filled(wanted.training.batch_size, trained)
    batch_size = min(spec.training.batch_size or trained, trained)
    spec = replace(spec, training=replace(spec.training, batch_size=batch_size))
    if others is not None:
        _require_fitting(spec, facts, others)
    return spec


def settled(wanted: TrainingSpec, series: Series, others: Series | None = None) -> TrainingSpec:
    """The same for series that are at hand: what a `Trainer` takes."""
    facts = series.describe()
    if others is None:
        return settle(wanted, facts, Outline.of(series))
    fault = unfit(others.describe(), facts, wanted.task or facts.task)
    if fault is not None:
        raise InvalidSeries(fault)
    return settle(wanted, facts, Outline.of(series), Outline.of(others))


def _stops(spec: TrainingSpec) -> bool:
    stopping = spec.training.early_stopping
    return stopping is not None and stopping.patience is not None


def _refused(spec: TrainingSpec, error: InvalidSeries) -> InvalidSpec:
    """A split that cannot be, told as the fault of what asked for it."""
    validation = spec.training.validation or Validation(0.0)
    shown = ", ".join(f"{name} {told(value)}" for name, value in validation.to_json().items())
    without = "null, which keeps nothing back" + (", and no early stopping" if _stops(spec) else "")
    return InvalidSpec(
        f"validation with {shown}: {error.message} Another validation is needed, or {without}.", pointer=POINTER
    )


def _require_few_windows(spec: TrainingSpec, outline: Outline) -> None:
    cut = cutting.windowing(spec.preprocessing)
    if cut is None:
        return
    try:
        if cut.horizon:
            windows.outermost_starts(outline, cut)
        else:
            windows.require_few(cut.counts(outline.seen), cut)
    except InvalidSeries as error:
        raise InvalidSpec(error.message, pointer="/preprocessing/stride") from error


def _require_fitting(spec: TrainingSpec, facts: SeriesFacts, others: Outline) -> None:
    """What the network is validated on must be as long as it can see."""
    pointer = f"{POINTER}/dataset"
    section = spec.preprocessing
    cut = cutting.windowing(section)
    if cut is not None and cut.horizon:
        try:
            windows.outermost_starts(others, cut)
        except InvalidSeries as error:
            raise InvalidSpec(f"For the series to validate on: {error.message}", pointer=pointer) from error
        return
    task = spec.task or facts.task
    low, high = cutting.seen_lengths(section, (facts.length_min, facts.length_max))
    theirs = cutting.seen_lengths(section, others.seen_by(task))
    channels = input_channels(len(facts.channels), section.missing)
    width = head_width(spec, len(facts.channels), answers_of(task, facts.labels, facts.target_width))
    layers = with_head(spec.network.body(), width, Shape(channels, low))
    if theirs[1] > high and needs_length(layers, channels):
        raise InvalidSpec(
            f"The network takes up to {high} steps, and the longest series to validate on has {theirs[1]}.",
            pointer=pointer,
        )
    try:
        require_buildable(layers, channels, (min(low, theirs[0]), max(high, theirs[1])), spec.training.batch_size or 1)
    except InvalidSpec as error:
        raise InvalidSpec(f"For the series to validate on: {error.message}", pointer=pointer) from error
