"""How much the strength of cases differs: the same as a loop over cases tells, whatever the size of the series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data import blocks, strength
from model.data.series import Series
from tests.arbitrary_series import series, waves

RNG = np.random.default_rng(0)


@given(series(), st.integers(1, 3), st.sampled_from([1, 4, 1 << 20]))
def test_deviations_are_those_of_a_loop_over_the_cases(found: Series, every: int, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (blocks, strength):
            patch.setattr(module, "BLOCK", block)
        told = strength.deviations(found.values, found.offsets, every)
    cases = [found.case(place).astype(np.float64) for place in range(0, found.cases, every)]
    wanted = [[np.std(c[~np.isnan(c)]) if (~np.isnan(c)).any() else 0 for c in case.T] for case in cases]
    scale = max(1.0, float(np.nanmax(np.abs(found.values), initial=0)))
    np.testing.assert_allclose(told, np.array(wanted), atol=1e-6 * scale)


def uneven(decades: float, count: int = 40, *, labels: list[str] | None = None) -> Series:
    """Waves whose strength grows by so many decades, but for the last ones, by the same steps each."""
    scales = 10.0 ** np.linspace(0, decades, count)
    return Series.from_cases([wave * scale for wave, scale in zip(waves(count), scales, strict=True)], labels=labels)


def test_decades_are_those_between_cases() -> None:
    found = uneven(6).strength
    assert found is not None
    assert abs(found.decades - np.linspace(0, 6, 40).std()) < 0.1
    assert 10**5 < found.high / found.low < 10**6
    assert (found.weakest, found.by_label) == (0, 0)


@pytest.mark.parametrize(("labels", "share"), [(["a", "b"] * 20, 0.0), (["a"] * 20 + ["b"] * 20, 0.75)])
def test_what_labels_explain_of_it_is_told_apart(labels: list[str], share: float) -> None:
    facts = uneven(6, labels=labels).describe()
    assert facts.strength is not None
    assert abs(facts.strength["by_label"] - share) < 0.02


def test_of_many_cases_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strength, "MOST", 30)
    found = uneven(6, labels=["a", "b"] * 20).strength
    assert found is not None
    assert abs(found.decades - np.linspace(0, 6, 40).std()) < 0.2


def test_nothing_is_told_of_few_cases_or_of_flat_ones() -> None:
    assert uneven(6, strength.FEWEST - 1).strength is None
    assert Series.from_cases([np.ones((5, 2))] * 40).strength is None
