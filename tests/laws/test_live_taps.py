"""Taps that slide over zeros alone are left out of a plan, and nobody can tell."""

from hypothesis import given
from hypothesis import strategies as st

from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.direct_convolution import DirectConvolution
from model.layers.live_taps import live_taps, trimmed
from tests.laws.kinds import examples
from tests.reference.problem import Problem, disagreements


@st.composite
def wide(draw: st.DrawFn) -> Problem:
    """A convolution whose window spans about as much as the series, or far more."""
    kernel, dilation = draw(st.integers(2, 9)), draw(st.integers(1, 12))
    stride, groups = draw(st.sampled_from([1, 1, 2, 3])), draw(st.sampled_from([1, 1, 2]))
    span = (kernel - 1) * dilation
    lopsided = draw(st.sampled_from([(0, span), (span + draw(st.integers(0, 9)), draw(st.integers(0, 2)))]))
    padding = draw(st.sampled_from(["same", "causal", "full", lopsided]))
    layer = Conv1d(
        2 * draw(st.integers(1, 2)),
        kernel,
        stride,
        padding,
        dilation,
        groups,
        bias=draw(st.booleans()),
        weight_normalization=draw(st.booleans()),
    )
    masked = draw(st.booleans())
    lengths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=3)) if masked else [draw(st.integers(1, 12))] * 2
    behind = draw(st.sampled_from([(), (Conv1d(2, 2, padding="full"),)]))  # sees whether padding stayed zero
    return Problem((layer, *behind), 2, tuple(lengths), masked, draw(st.integers(0, 99)))


@examples(60)
@given(problem=wide(), threads=st.integers(1, 2))
def test_a_window_wider_than_the_series_gives_what_the_slow_truth_gives(problem: Problem, threads: int) -> None:
    assert disagreements(problem.solve(threads=threads), problem.truth(), 1e-9) == {}
    assert disagreements(problem.infer(), problem.truth(training=False), 1e-9) == {}


@given(problem=wide(), length=st.integers(1, 12))
def test_every_tap_that_meets_data_is_kept_and_the_number_of_windows_stays(problem: Problem, length: int) -> None:
    layer, shape = problem.layers[0], Shape(2, length)
    assert isinstance(layer, Conv1d)
    windows = layer.output(shape).length or 0
    taps = live_taps(layer, length, windows)
    starts = [t * layer.stride - layer.widths[0] for t in range(windows)]
    for tap in range(layer.kernel):
        meets = any(0 <= start + tap * layer.dilation < length for start in starts)
        assert not meets or taps.start <= tap < taps.stop
    kept = trimmed(layer, taps)
    assert kept.output(shape).length == windows
    assert min(kept.widths) >= 0
    assert kept.kernel > 0


def test_a_dilation_beyond_the_series_leaves_one_tap() -> None:
    problem = Problem((Conv1d(3, 7, padding="causal", dilation=128),), 2, (100, 100))
    (operation,) = problem.plan().workshop.operations
    assert isinstance(operation, DirectConvolution)
    assert operation.spec.kernel == 1
