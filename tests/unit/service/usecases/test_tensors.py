"""What is taken for prediction, and how the rest is refused."""

from typing import Any

import numpy as np
import pytest

from service.domain.inference import Tensor, inputs, output_names, outputs
from service.domain.models import Signature
from service.errors import InvalidRequest
from service.usecases.tensors import checked_cases, checked_inputs, checked_outputs

ANY_LENGTH = Signature("classification", ("x", "y"), None, classes=("a", "b", "c"))
FIXED = Signature("classification", ("x", "y"), 4, classes=("a", "b"))
OFFERED = output_names(FIXED)


def refusal(call: Any, *arguments: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        call(*arguments)
    assert caught.value.details
    return caught.value


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i1", "i4", "i8", "u1"])
def test_numbers_of_any_width_are_taken(dtype: str) -> None:
    tensor = checked_inputs({"series": np.ones((3, 2, 4), dtype)}, FIXED)
    assert tensor.dtype == np.float32
    assert tensor.shape == (3, 2, 4)


def test_missing_values_pass_through() -> None:
    tensor = np.full((1, 2, 4), np.nan, np.float32)
    assert np.isnan(checked_inputs({"series": tensor}, FIXED)).all()


@pytest.mark.parametrize("names", [[], ["other"], ["series", "other"]])
def test_the_one_input_is_named(names: list[str]) -> None:
    error = refusal(checked_inputs, {name: np.ones((1, 2, 4)) for name in names}, FIXED)
    assert "series, FP32 with the shape [-1, 2, 4]" in error.message


@pytest.mark.parametrize("shape", [(2, 4), (1, 2, 4, 1), (1, 3, 4), (1, 2, 5), (0, 2, 4), ()])
def test_a_shape_that_does_not_fit_is_refused_with_what_would(shape: tuple[int, ...]) -> None:
    error = refusal(checked_inputs, {"series": np.ones(shape)}, FIXED)
    assert str(list(shape)) in error.message
    assert "[-1, 2, 4]" in error.message


def test_a_series_of_no_steps_is_refused() -> None:
    refusal(checked_inputs, {"series": np.ones((1, 2, 0))}, ANY_LENGTH)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_an_infinite_value_is_refused_with_its_place(value: float) -> None:
    tensor = np.zeros((2, 2, 4))
    tensor[1, 0, 3] = value
    assert refusal(checked_inputs, {"series": tensor}, FIXED).details[0].pointer == "/inputs/series/1/0/3"


@pytest.mark.parametrize("tensor", [np.array([[["a"]]], object), np.array([[[True]]]), np.array([[[1j]]])])
def test_what_is_no_number_is_refused(tensor: Tensor) -> None:
    assert "numbers" in refusal(checked_inputs, {"series": tensor}, FIXED).message


def test_all_outputs_are_given_unless_some_are_chosen() -> None:
    assert checked_outputs(None, OFFERED) == ("probabilities", "label")
    assert checked_outputs([], OFFERED) == ("probabilities", "label")
    assert checked_outputs(["label"], OFFERED) == ("label",)
    assert checked_outputs(["label", "probabilities"], OFFERED) == ("label", "probabilities")


@pytest.mark.parametrize("wanted", [["nope"], ["label", "label"], ["label"] * 100_000])
def test_outputs_that_are_unknown_or_doubled_are_refused(wanted: list[str]) -> None:
    error = refusal(checked_outputs, wanted, OFFERED)
    assert "probabilities, label" in error.message
    assert len(error.message) < 200


def test_cases_may_differ_in_length() -> None:
    cases = checked_cases([[[1, 2], [3, 4]], [[1.5, None, 3], [4, 5, 6]]], ANY_LENGTH)
    assert [case.shape for case in cases] == [(2, 2), (2, 3)]
    assert np.isnan(cases[1][0, 1])


def test_arrays_are_cases_too() -> None:
    (case,) = checked_cases([np.ones((2, 4))], FIXED)
    assert case.dtype == np.float32


@pytest.mark.parametrize(
    "case",
    [
        1,
        "ab",
        None,
        [],
        [[]],
        [[1, 2], [3]],
        [[1, 2, 3, 4]],
        [[1, 2, 3], [4, 5, 6]],
        [["1", "2", "3", "4"]] * 2,
        [[True, False, True, False]] * 2,
        [[None, True, 1, 1]] * 2,
        [[{}, 1, 2, 3]] * 2,
        [[[1, 2, 3, 4]], [[1, 2, 3, 4]]],
        [[1e39, 0, 0, 0]] * 2,
        [[10**400, 0, 0, 0]] * 2,
        [[float("inf"), 0, 0, 0]] * 2,
    ],
    ids=repr,
)
def test_a_case_that_is_no_list_of_channels_is_refused_by_its_place(case: Any) -> None:
    good = [[1, 2, 3, 4], [5, 6, 7, 8]]
    error = refusal(checked_cases, [good, case], FIXED)
    assert error.details[0].pointer.startswith("/series/1")


def test_at_most_ten_cases_are_told_of() -> None:
    assert len(refusal(checked_cases, [[[]]] * 1000, FIXED).details) == 10


def test_no_cases_are_refused() -> None:
    assert "at least one" in refusal(checked_cases, [], FIXED).message


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (FIXED, {"probabilities": ("FP32", (-1, 2)), "label": ("BYTES", (-1,))}),
        (Signature("regression", ("x",), None, targets=1), {"value": ("FP32", (-1,))}),
        (Signature("regression", ("x",), None, targets=3), {"value": ("FP32", (-1, 3))}),
        (Signature("forecasting", ("x", "y"), 24, horizon=6), {"forecast": ("FP32", (-1, 2, 6))}),
    ],
)
def test_every_task_tells_its_outputs(signature: Signature, expected: dict[str, Any]) -> None:
    assert {spec.name: (spec.datatype, spec.shape) for spec in outputs(signature)} == expected


def test_the_input_tells_its_free_sizes() -> None:
    assert [spec.shape for signature in (FIXED, ANY_LENGTH) for spec in inputs(signature)] == [(-1, 2, 4), (-1, 2, -1)]
