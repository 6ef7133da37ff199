"""What the demo takes for a failure, and where it finds its data."""

from pathlib import Path

import numpy as np
import pytest

from service.cli.demo import bundled
from service.cli.demo.story import Answer, DemoFailed, differences, judge


@pytest.mark.parametrize(("accuracy", "difference"), [(0.949, 0.0), (1.0, 1.1e-4), (1.0, np.nan), (np.nan, 0.0)])
def test_a_poor_network_or_differing_answers_fail_the_demo(accuracy: float, difference: float) -> None:
    with pytest.raises(DemoFailed):
        judge(accuracy, difference)


def test_a_good_network_with_equal_answers_passes() -> None:
    judge(0.95, 1e-4)


def test_the_largest_difference_over_all_cases_counts() -> None:
    first = np.zeros((3, 2), np.float32)
    other = first.copy()
    other[2, 1] = -0.5
    assert differences({"a": Answer(first, 1.0), "b": Answer(other, 1.0)}) == {"a": 0.0, "b": 0.5}


def test_the_data_of_an_installation_is_found_where_there_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(bundled, "INSTALLED", tmp_path)
    with pytest.raises(bundled.NoData, match="BasicMotions_TRAIN"):
        bundled.split("BasicMotions", "TRAIN")
    file = tmp_path / "BasicMotions" / "BasicMotions_TRAIN.ts"
    file.parent.mkdir()
    file.touch()
    assert bundled.split("BasicMotions", "TRAIN") == file
