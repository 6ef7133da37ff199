"""What is kept back for validation: asked for in a spec, checked against the facts, and done to the series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

import numpy as np

from model.data import splits
from model.data.likeness import case_keys, shared
from model.data.outline import Cases, Outline
from model.data.series import Series, SeriesFacts, Task
from model.data.splits import Split
from model.errors import InvalidSpec
from model.training import defaults
from model.training.fields import Fields, unknown

By: TypeAlias = Literal["case", "group", "time"]

MOST_GIVEN = 1_000_000
POINTER = "/training/validation"


@dataclass(frozen=True)
class Validation:
    """What is kept back: a `fraction` of the cases `by` case, group or time (0: nothing), or what is given: some
    `groups`, some `cases` (counted from 0), or all of another `dataset`.
    """

    fraction: float | None = None
    by: By | None = None
    groups: tuple[str, ...] | None = None
    cases: tuple[int, ...] | None = None
    dataset: str | None = None

    @classmethod
    def from_json(cls, value: object, pointer: str) -> Validation:
        """{"fraction": 0.2, "by": "group"}, {"groups": [...]}, {"cases": [...]} or {"dataset": ...}; null: nothing."""
        fields = Fields({"fraction": 0} if value is None else value, pointer, tuple(cls.__dataclass_fields__))
        made = cls(
            fraction=fields.number("fraction", 0, 0.9),
            by=cast("By | None", fields.choice("by", tuple(SPLITS))),
            groups=fields.texts("groups", MOST_GIVEN),
            cases=fields.integers("cases", 0, 2**31, MOST_GIVEN),
            dataset=fields.text("dataset", 128),
        )
        chosen = [name for name in vars(made) if fields.value(name) is not None]
        given = [name for name in chosen if name in {"groups", "cases", "dataset"}]
        if given and len(chosen) > 1:
            raise InvalidSpec(
                f"{given[0]} says what is kept back, so {', '.join(name for name in chosen if name != given[0])} "
                "cannot stand beside it.",
                pointer=fields.at(next(name for name in chosen if name != given[0])),
            )
        return made

    def to_json(self) -> dict[str, Any]:
        """What was chosen."""
        chosen = {name: value for name, value in vars(self).items() if value is not None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}

    @property
    def nothing(self) -> bool:
        """Whether nothing is kept back."""
        return self.fraction == 0

    @property
    def of_cases(self) -> bool:
        """Whether whole cases of the series to train on are kept back."""
        return self.groups is not None or self.cases is not None or (not self.nothing and self.by in {"case", "group"})

    def trained(self, samples: int, facts: SeriesFacts) -> int:
        """About how many samples are left to train on."""
        share = self.fraction or 0.0
        if self.groups is not None:
            share = sum((facts.groups or {})[name] for name in self.groups) / facts.cases
        if self.cases is not None:
            share = len(self.cases) / facts.cases
        return max(samples - round(samples * share), 1)


def resolve(validation: Validation | None, task: Task, facts: SeriesFacts, *, stopping: bool) -> Validation:
    """With every default filled in; InvalidSpec for what these series have not."""
    chosen = validation or Validation()
    for name, check in GIVEN.items():
        if getattr(chosen, name) is not None:
            check(chosen, facts)
            return chosen
    fraction = chosen.fraction
    if fraction is None:
        fraction = defaults.fraction(task, facts.cases, stopping=stopping or chosen.by is not None)
    if fraction == 0:
        return Validation(0.0)
    groups = len([name for name, count in (facts.groups or {}).items() if count])
    if chosen.by == "group" and groups <= 1:
        raise InvalidSpec(
            f"by is 'group', and the series are of {groups} groups; two at least are needed.", pointer=f"{POINTER}/by"
        )
    usual: By = "time" if task == "forecasting" else "group" if groups > 1 else "case"
    by = chosen.by or usual
    if task == "forecasting" and by != "time" and facts.cases == 1:
        raise InvalidSpec(
            f"by is {by!r}, and there is one series; keep its last steps back by 'time'.", pointer=f"{POINTER}/by"
        )
    return replace(chosen, fraction=fraction, by=by)


def split_cases(series: Cases, validation: Validation, generator: np.random.Generator) -> Split | None:
    """Which cases are trained on and which kept back; None where none of these series are."""
    if validation.groups is not None:
        return splits.of_groups(series, validation.groups)
    if validation.cases is not None:
        return splits.of_cases(series.cases, validation.cases)
    if validation.fraction is None or validation.nothing or validation.by is None:
        return None
    return SPLITS[validation.by](series, validation.fraction, generator)


def remarks(validation: Validation, outline: Outline) -> tuple[str, ...]:
    """What is odd about what is kept back, though it can be: a sentence each."""
    if outline.groups is None or outline.group_names is None or validation.dataset is not None or validation.nothing:
        return ()
    present = np.unique(outline.groups)
    if len(present) > 1:
        return ()
    remark = (
        f"Every case is of the group {outline.group_names[present[0]]!r:.60}, and so is what was kept back for "
        "validation: its metrics do not tell how the model does on other groups."
    )
    return (remark,)


def overlap(series: Series, others: Series) -> tuple[str, ...]:
    """What is odd about another set to validate on: cases of it that are trained on."""
    both = shared(case_keys(others), case_keys(series)).cases
    if not both.size:
        return ()
    count = f"All {others.cases}" if len(both) == others.cases else f"{len(both)} of the {others.cases}"
    remark = (
        f"{count} cases to validate on are among those trained on, the first is case {both[0]}: the metrics, the epoch "
        "that was taken and the calibration tell how well these were learnt by heart."
    )
    return (remark,)


def unfit(others: SeriesFacts, facts: SeriesFacts, task: Task) -> str | None:
    """Why others cannot validate what is trained on series with these facts; None if they can."""
    if len(others.channels) != len(facts.channels):
        return (
            f"The series to validate on have {len(others.channels)} channels, those to train on {len(facts.channels)}."
        )
    if task == "regression" and others.target_width != facts.target_width:
        count = others.target_width or "no"
        return f"The series to validate on have {count} targets, those to train on {facts.target_width}."
    if task == "classification" and others.labels is None:
        return "The series to validate on have no labels."
    unknown_labels = sorted(set(others.labels or ()) - set(facts.labels or ()))
    if task == "classification" and unknown_labels:
        return (
            f"The series to validate on are labelled {', '.join(unknown_labels[:10])}, which those to train on are not."
        )
    return None


def _latest(series: Cases, fraction: float, _generator: np.random.Generator) -> Split:
    return splits.latest(series.cases, fraction)


SPLITS: Mapping[By, Callable[[Cases, float, np.random.Generator], Split]] = {
    "case": splits.by_case,
    "group": splits.by_group,
    "time": _latest,
}
"""How a fraction of the cases is kept back."""


def _check_groups(chosen: Validation, facts: SeriesFacts) -> None:
    known = [name for name, count in (facts.groups or {}).items() if count]
    if not known:
        raise InvalidSpec("groups are to be kept back, and the series have none.", pointer=f"{POINTER}/groups/0")
    for place, name in enumerate(chosen.groups or ()):
        if name not in known:
            raise InvalidSpec(unknown("group", name, known[:20]), pointer=f"{POINTER}/groups/{place}")
    if set(known) == set(chosen.groups or ()):
        raise InvalidSpec("Every group is kept back; none is left to train on.", pointer=f"{POINTER}/groups")


def _check_cases(chosen: Validation, facts: SeriesFacts) -> None:
    for place, case in enumerate(chosen.cases or ()):
        if case >= facts.cases:
            raise InvalidSpec(
                f"There is no case {case}; the cases are 0 to {facts.cases - 1}.", pointer=f"{POINTER}/cases/{place}"
            )
    if len(set(chosen.cases or ())) == facts.cases:
        raise InvalidSpec("Every case is kept back; none is left to train on.", pointer=f"{POINTER}/cases")


GIVEN: Mapping[str, Callable[[Validation, SeriesFacts], None]] = {
    "groups": _check_groups,
    "cases": _check_cases,
    "dataset": lambda _chosen, _facts: None,
}
"""What may be given in place of a fraction, and how it is checked."""
