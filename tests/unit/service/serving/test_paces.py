"""How long batches take is remembered by their kind, and what disturbs one of them does not last."""

import math

from service.serving.paces import INERTIA, REMEMBERED, Paces


def test_a_kind_that_was_never_measured_is_expected_to_take_for_ever() -> None:
    paces = Paces()
    paces.note("a", 3, 0.001)
    assert paces.expected("a", 4) == 0.001
    assert paces.expected("a", 5) == math.inf
    assert paces.expected("a", 2) == math.inf
    assert paces.expected("b", 4) == math.inf


def test_the_quickest_counts_at_once_and_a_slow_one_by_and_by() -> None:
    paces = Paces()
    for seconds in (1.0, 0.001):
        paces.note("a", 1, seconds)
    assert paces.expected("a", 1) == 0.001
    paces.note("a", 1, 0.009)
    assert math.isclose(paces.expected("a", 1), 0.001 + 0.008 / INERTIA)
    for _ in range(10 * INERTIA):
        paces.note("a", 1, 0.009)
    assert math.isclose(paces.expected("a", 1), 0.009, rel_tol=0.01)


def test_kinds_without_end_are_forgotten() -> None:
    paces = Paces()
    for number in range(3 * REMEMBERED):
        paces.note(number, 1, 0.001)
    known = sum(paces.expected(number, 1) < math.inf for number in range(3 * REMEMBERED))
    assert 0 < known <= REMEMBERED
