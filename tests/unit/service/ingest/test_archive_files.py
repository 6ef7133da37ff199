"""The archives' own files, as they stand in examples/data."""

from pathlib import Path

import numpy as np
import pytest

from service.domain.datasets import Limits, Reading
from service.ingest import read_series

DATA = Path(__file__).parents[4] / "examples" / "data"
FACTS = {
    "BasicMotions": ("classification", 40, 40, 6, 100, 100, 4),
    "GunPoint": ("classification", 50, 150, 1, 150, 150, 2),
    "ItalyPowerDemand": ("classification", 67, 1029, 1, 24, 24, 2),
    "JapaneseVowels": ("classification", 270, 370, 12, 7, 29, 9),
    "CardanoSentiment": ("regression", 74, 33, 2, 24, 24, None),
}


@pytest.mark.parametrize("name", FACTS)
def test_an_archive_file_is_understood_as_it_is_published(name: str) -> None:
    task, *cases, channels, shortest, longest, classes = FACTS[name]
    for split, count in zip(("TRAIN", "TEST"), cases, strict=True):
        read = read_series(DATA / name / f"{name}_{split}.ts", Reading(), Limits())
        facts = read.series.describe()
        assert read.format == "ts"
        assert (facts.task, facts.cases, len(facts.channels), facts.missing) == (task, count, channels, 0)
        assert shortest <= facts.length_min <= facts.length_max <= longest
        assert (None if facts.labels is None else len(facts.labels)) == classes


def test_values_stand_where_the_file_has_them() -> None:
    series = read_series(DATA / "JapaneseVowels/JapaneseVowels_TRAIN.ts", Reading(), Limits()).series
    lines = (DATA / "JapaneseVowels/JapaneseVowels_TRAIN.ts").read_text().split("@data\n", 1)[1].splitlines()
    *channels, label = lines[17].split(":")
    expected = [[float(value) for value in channel.split(",")] for channel in channels]
    assert np.array_equal(series.case(17).T, np.array(expected, np.float32))
    assert series.classes is not None
    assert series.labels is not None
    assert series.classes[series.labels[17]] == label
