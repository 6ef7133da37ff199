"""Changed copies: in place, within each case, from the generator alone; and each kind does what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.arrays import Array
from model.data.augmentation import AUGMENTATIONS, Augmentation, Batch, Jitter, Mixup, Rescale, Shift, TimeWarp
from model.errors import InvalidSpec

EVERY = pytest.mark.parametrize("kind", AUGMENTATIONS)


def batch(lengths: list[int], *, values: int = 2, channels: int = 3, classes: bool = True, seed: int = 0) -> Batch:
    x = np.random.default_rng(seed).normal(size=(len(lengths), max(lengths), channels)).astype(np.float32)
    x[..., values:] = 1
    held = np.array(lengths, np.int64)
    x[np.arange(x.shape[1]) >= held[:, None]] = 0
    labels = np.arange(len(lengths), dtype=np.float32)
    targets = np.stack([labels, labels, 0 * labels], axis=1) if classes else labels[:, None]
    return Batch(x, held, values, targets[:, None], classes)


@EVERY
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_what_stands_behind_the_end_of_a_case_stays_zero(kind: str, lengths: list[int], seed: int) -> None:
    changed = batch(lengths)
    AUGMENTATIONS[kind]().apply(changed, np.random.default_rng(seed))
    assert np.isfinite(changed.x).all()
    assert not changed.x[changed.behind].any()


@EVERY
def test_the_change_follows_the_generator_alone(kind: str) -> None:
    one, same, other = (batch([90, 70, 50]) for _ in range(3))
    for each, seed in ((one, 1), (same, 1), (other, 2)):
        AUGMENTATIONS[kind]().apply(each, np.random.default_rng(seed))
    assert one.x.tobytes() == same.x.tobytes()
    assert one.x.tobytes() != other.x.tobytes()


@pytest.mark.parametrize("augmentation", [Jitter(0.3), Rescale(0.3)])
def test_what_was_observed_is_not_changed_by_what_changes_values(augmentation: Augmentation) -> None:
    changed = batch([6, 6])
    augmentation.apply(changed, np.random.default_rng(0))
    np.testing.assert_array_equal(changed.x[..., 2], 1)


def test_jitter_is_as_strong_as_asked() -> None:
    before, after = batch([2000] * 5).x, batch([2000] * 5)
    Jitter(0.3).apply(after, np.random.default_rng(0))
    assert (after.x - before)[..., :2].std() == pytest.approx(0.3, rel=0.05)


def test_scaling_keeps_the_shape_of_a_channel() -> None:
    before, after = batch([50, 50]).x, batch([50, 50])
    Rescale(0.2).apply(after, np.random.default_rng(0))
    factors = after.x[..., :2] / before[..., :2]
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1], factors.shape), rtol=1e-5)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=4), st.integers(0, 99), st.floats(0.01, 1.0))
def test_a_shift_is_that_of_a_loop_over_steps(lengths: list[int], seed: int, share: float) -> None:
    before, after = batch(lengths).x, batch(lengths)
    Shift(share).apply(after, np.random.default_rng(seed))
    for x, y, length in zip(before, after.x, lengths, strict=True):
        reach = int(length * share)
        shifted = [
            np.stack([x[min(max(step - by, 0), length - 1)] for step in range(length)])
            for by in range(-reach, reach + 1)
        ]
        assert any(np.array_equal(y[:length], each) for each in shifted)


def monotone(x: Array) -> bool:
    return bool((np.diff(x) >= -1e-5).all())


@given(st.lists(st.integers(2, 30), min_size=1, max_size=4), st.integers(0, 99))
def test_a_warped_time_runs_forward_from_the_first_step_to_the_last(lengths: list[int], seed: int) -> None:
    changed = batch(lengths)
    changed.x[...] = np.arange(changed.x.shape[1], dtype=np.float32)[:, None]
    changed.x[changed.behind] = 0
    TimeWarp(0.5).apply(changed, np.random.default_rng(seed))
    for x, length in zip(changed.x[..., 0], lengths, strict=True):
        assert monotone(x[:length])
        assert x[0] == 0
        assert x[length - 1] == pytest.approx(length - 1, abs=1e-3)


def test_mixing_mixes_cases_and_answers_in_the_same_shares() -> None:
    before, after = batch([8, 6, 4, 4]), batch([8, 6, 4, 4])
    Mixup(1.0).apply(after, np.random.default_rng(3))
    label, other, share = after.targets[:, 0].T
    partners = other.astype(int)
    np.testing.assert_array_equal(label, np.arange(4))
    assert (share <= 0.5).all()
    expected = (1 - share[:, None, None]) * before.x + share[:, None, None] * before.x[partners]
    np.testing.assert_allclose(after.x, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(after.lengths, np.maximum(before.lengths, before.lengths[partners]))


def test_numbers_are_mixed_as_the_cases_are() -> None:
    before, after = batch([5] * 4, classes=False), batch([5] * 4, classes=False)
    after.x[..., 0] = after.targets[:, 0]
    Mixup(1.0).apply(after, np.random.default_rng(3))
    np.testing.assert_allclose(after.x[:, 0, 0], after.targets[:, 0, 0], rtol=1e-5, atol=1e-6)
    assert after.targets.sum() == pytest.approx(after.targets.sum())
    assert not np.array_equal(after.targets, before.targets)


@EVERY
@pytest.mark.parametrize("strength", [0, -1, 1e9, True, "strong"])
def test_a_strength_beyond_reason_is_refused(kind: str, strength: object) -> None:
    name = next(iter(AUGMENTATIONS[kind].__dataclass_fields__.keys() - {"kind"}))
    with pytest.raises(InvalidSpec) as refusal:
        AUGMENTATIONS[kind](**{name: strength})
    assert refusal.value.pointer == f"/{name}"
