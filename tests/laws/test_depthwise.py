"""A depthwise convolution reads no step that its series does not have, however long it reaches and beside whatever."""

from hypothesis import given
from hypothesis import strategies as st

from model.layers.conv1d import Conv1d
from model.layers.parallel import Parallel
from tests.laws.kinds import examples
from tests.reference.problem import Problem, disagreements

CHANNELS = 2


@st.composite
def far_reaching(draw: st.DrawFn) -> Problem:
    """Series two to three times as long as the kernel reaches: too short for some zeros to be stored unasked."""
    kernel, dilation = draw(st.integers(4, 11)), draw(st.sampled_from([2, 4, 8]))
    reach = (kernel - 1) * dilation + 1
    padding = draw(st.sampled_from(["valid", "same", (0, 1), (reach // 2, 0), (1, 1)]))
    layer = Conv1d(CHANNELS, kernel, padding=padding, dilation=dilation, groups=CHANNELS)
    length = draw(st.integers(2 * reach - 2, 3 * reach))
    before = draw(st.sampled_from([(), (Conv1d(CHANNELS, 1),)]))
    beside = Conv1d(CHANNELS, draw(st.integers(1, 5)), padding="same")
    layers = draw(st.sampled_from([(layer,), (layer, beside), (Parallel(((layer,), (layer, beside))),)]))
    return Problem((*before, *layers), CHANNELS, (length, length), seed=draw(st.integers(0, 99)))


@examples(25)
@given(problem=far_reaching())
def test_a_depthwise_convolution_of_any_reach_gives_what_the_slow_truth_gives(problem: Problem) -> None:
    assert disagreements(problem.solve(), problem.truth(), 1e-9) == {}
