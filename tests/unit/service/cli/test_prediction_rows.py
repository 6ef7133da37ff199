"""Predictions as a table: the answer of each case, or its quantiles where there is no plain one."""

from typing import Any

import pytest

from service.cli.use import _rows

VALUES = {"0.1": 1.0, "0.9": 2.0}
FORECASTS = {"0.1": [[1.0, 2.0], [3.0, 4.0]], "0.9": [[5.0, 6.0], [7.0, 8.0]]}


@pytest.mark.parametrize(
    ("prediction", "columns", "rows"),
    [
        ({"label": "a", "probabilities": {"a": 0.9}}, ("case", "label", "probability"), [(0, "a", 0.9)]),
        ({"value": 1.5}, ("case", "value"), [(0, 1.5)]),
        ({"value": 1.5, "quantiles": VALUES}, ("case", "value"), [(0, 1.5)]),
        ({"quantiles": VALUES}, ("case", "0.1", "0.9"), [(0, 1.0, 2.0)]),
        ({"quantiles": {"0.1": [1.0, 2.0]}}, ("case", "0.1"), [(0, [1.0, 2.0])]),
        ({"forecast": [[1.0, 2.0]]}, ("case", "channel", "forecast"), [(0, 0, "1  2")]),
        (
            {"quantiles": FORECASTS},
            ("case", "channel", "quantile", "forecast"),
            [(0, 0, "0.1", "1  2"), (0, 1, "0.1", "3  4"), (0, 0, "0.9", "5  6"), (0, 1, "0.9", "7  8")],
        ),
    ],
)
def test_each_kind_of_answer_has_its_columns(
    prediction: dict[str, Any], columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    found, told = _rows([prediction])
    assert found == columns
    assert list(told) == rows
