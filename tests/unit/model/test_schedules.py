"""Learning-rate schedules: where they begin, turn and end."""

import math

import pytest

from model.errors import InvalidSpec
from model.schedules import SCHEDULES, Constant, Cosine, OneCycle, ReduceOnPlateau, Schedule, Step

WHOLE = [index / 100 for index in range(101)]


@pytest.mark.parametrize("schedule", [Constant(), Step(), Cosine(), OneCycle(), Cosine(0.1, 0.2)], ids=str)
def test_a_factor_lies_between_nothing_and_the_base_rate(schedule: Schedule) -> None:
    assert all(0.0 <= schedule.factor(progress, ()) <= 1.0 for progress in WHOLE)


def test_step_falls_after_each_share_of_training() -> None:
    schedule = Step(every=0.25, gamma=0.1)
    found = [schedule.factor(progress, ()) for progress in (0.0, 0.24, 0.25, 0.5, 0.75, 0.99)]
    assert found == pytest.approx([1, 1, 0.1, 0.01, 0.001, 0.001])


def test_cosine_warms_up_and_falls_to_its_floor() -> None:
    schedule = Cosine(floor=0.2, warmup=0.5)
    assert schedule.factor(0.25, ()) == pytest.approx(0.5)
    assert schedule.factor(0.5, ()) == pytest.approx(1.0)
    assert schedule.factor(0.75, ()) == pytest.approx(0.6)
    assert schedule.factor(1.0, ()) == pytest.approx(0.2)


def test_one_cycle_rises_from_a_part_and_falls_to_a_smaller_one() -> None:
    schedule = OneCycle(rise=0.4, start_divisor=10, end_divisor=100)
    assert schedule.factor(0.0, ()) == pytest.approx(0.1)
    assert schedule.factor(0.4, ()) == pytest.approx(1.0)
    assert schedule.factor(1.0, ()) == pytest.approx(0.01)
    factors = [schedule.factor(progress, ()) for progress in WHOLE]
    assert factors[:41] == sorted(factors[:41])
    assert factors[40:] == sorted(factors[40:], reverse=True)


def test_a_plateau_reduces_after_each_patience_without_a_lower_loss() -> None:
    schedule = ReduceOnPlateau(gamma=0.5, patience=2, floor=0.2)
    losses = (1.0, 0.9, 0.95, 0.95, 0.95, 0.91, 0.8, 0.8, 0.8, 0.8, 0.8)
    found = [schedule.factor(0.0, losses[:count]) for count in range(len(losses) + 1)]
    assert found == pytest.approx([1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2])


def test_a_loss_that_is_not_finite_is_no_improvement() -> None:
    assert ReduceOnPlateau(patience=1).factor(0.0, (1.0, math.nan, math.inf)) == 0.25


def test_the_table_names_every_kind() -> None:
    assert set(SCHEDULES.values()) == {Constant, Step, Cosine, OneCycle, ReduceOnPlateau}
    assert all(kind == schedule.kind for kind, schedule in SCHEDULES.items())


@pytest.mark.parametrize(
    ("kind", "options", "pointer"),
    [
        ("step", {"every": 0.0}, "/every"),
        ("cosine", {"warmup": 1.0}, "/warmup"),
        ("one_cycle", {"rise": math.nan}, "/rise"),
        ("reduce_on_plateau", {"patience": 0}, "/patience"),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(kind: str, options: dict[str, float], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        SCHEDULES[kind](**options)
    assert refusal.value.pointer == pointer
