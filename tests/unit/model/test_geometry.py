"""Lengths, each against windows counted one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidSpec
from model.geometry import Shape, extent, pad_widths, require_series, require_windows, window_count
from model.layers.conv1d import Conv1d
from tests.laws.kinds import examples

lengths, kernels, strides, dilations = st.integers(1, 40), st.integers(1, 9), st.integers(1, 5), st.integers(1, 4)
sides = st.tuples(st.integers(0, 6), st.integers(0, 6))


def starts(length: int, kernel: int, stride: int, dilation: int, widths: tuple[int, int]) -> list[int]:
    """The first step of every window that lies wholly within the padded series."""
    inside = range(-widths[0], length + widths[1])
    return [start for start in inside[::stride] if start + (kernel - 1) * dilation in inside]


@examples(200)
@given(lengths, kernels, strides, dilations, sides)
def test_as_many_windows_as_fit(length: int, kernel: int, stride: int, dilation: int, widths: tuple[int, int]) -> None:
    assert window_count(length, kernel, stride, dilation, widths) == len(
        starts(length, kernel, stride, dilation, widths)
    )


@examples(30)
@given(st.lists(lengths, min_size=1, max_size=5), kernels, strides, dilations, sides)
def test_lengths_of_many_cases_are_those_of_each(
    many: list[int], kernel: int, stride: int, dilation: int, widths: tuple[int, int]
) -> None:
    counts = window_count(np.array(many), kernel, stride, dilation, widths)
    assert counts.tolist() == [window_count(one, kernel, stride, dilation, widths) for one in many]


@examples(100)
@given(lengths, kernels, dilations, strides)
def test_same_causal_and_full_give_their_lengths(length: int, kernel: int, dilation: int, stride: int) -> None:
    reach = extent(kernel, dilation) - 1
    for padding, dense in (("same", length), ("causal", length), ("full", length + reach)):
        widths = pad_widths(padding, kernel, dilation)
        assert window_count(length, kernel, 1, dilation, widths) == dense
        assert window_count(length, kernel, stride, dilation, widths) == -(-dense // stride)


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 1), (4, 3), (5, 2)])
def test_an_even_kernel_under_same_reaches_one_step_further_to_the_right(kernel: int, dilation: int) -> None:
    left, right = pad_widths("same", kernel, dilation)
    assert left + right == (kernel - 1) * dilation
    assert right - left in {0, 1}


def test_numbers_and_pairs_are_widths_themselves() -> None:
    assert pad_widths(3, 9, 2) == (3, 3)
    assert pad_widths((1, 4), 9, 2) == (1, 4)
    assert pad_widths("valid", 9, 2) == (0, 0)
    assert pad_widths("causal", 3, 4) == (8, 0)


def test_no_window_fits_a_series_that_is_too_short() -> None:
    assert window_count(3, 5, 1, 1, (0, 0)) == 0
    assert window_count(3, 5, 2, 1, (1, 1)) == 1


def test_a_refusal_names_the_layer_what_it_got_and_what_would_fit() -> None:
    with pytest.raises(InvalidSpec) as refusal:
        require_windows(Shape(3, 4), 5, 1, 2, (1, 0), "a kernel of 5 with dilation 2")
    assert refusal.value.message == (
        "a kernel of 5 with dilation 2 spans 9 steps, but gets 3 channels x 4 steps and 1 + 0 steps of padding; "
        'a shorter kernel, a smaller dilation or "same" padding would fit'
    )
    assert refusal.value.pointer == "/kernel"
    assert require_windows(Shape(3, 8), 5, 1, 2, (1, 0), "a kernel of 5 with dilation 2") == 1
    assert require_windows(Shape(3), 5, 1, 2, (1, 0), "a kernel of 5 with dilation 2") is None


def test_shapes_read_as_words() -> None:
    assert str(Shape(6, 100)) == "6 channels x 100 steps"
    assert str(Shape(6)) == "6 channels x any number of steps"
    assert str(Shape(128, vector=True)) == "a vector of 128"
    with pytest.raises(InvalidSpec, match=r"a convolution slides along time .* but gets a vector of 7"):
        require_series(Shape(7, vector=True), "a convolution")


def test_an_unknown_length_passes_through_until_one_is_needed() -> None:
    assert Conv1d(4, 3, padding="valid").output(Shape(2)) == Shape(4)
