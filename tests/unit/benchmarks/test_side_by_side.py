"""What the benchmarks make of their measurements; measuring itself needs PyTorch and is not tested here."""

from __future__ import annotations

import pytest

from benchmarks import report, shapes, targets
from benchmarks.measurement import EAGER, OURS, RUNTIME, Measurement, side_by_side
from model.recipes import RECIPES


def training(ratio: float, threads: int = 1) -> Measurement:
    return Measurement(
        "training", "fcn", "6 x 100, batch 16", threads, {OURS: ratio, EAGER: 1.0}, {EAGER: ratio}, 3, 16
    )


def inference(ratio: float, batch: int) -> Measurement:
    shape = f"6 x 100, batch {batch}"
    return Measurement("inference", "fcn", shape, 1, {OURS: ratio, RUNTIME: 1.0}, {RUNTIME: ratio}, 3, batch)


def test_every_contender_has_a_turn_in_every_round_and_another_one_begins() -> None:
    turns: list[str] = []
    timing = side_by_side({name: lambda name=name: turns.append(name) for name in ("a", "b", "c")}, 0.0)
    assert timing.rounds == 3
    assert set(timing.milliseconds) == {"a", "b", "c"}
    assert set(timing.ratios) == {"b", "c"}
    alone = "".join(name for index, name in enumerate(turns) if not index or name != turns[index - 1])
    assert alone.endswith("abc" + "bca" + "cab")


def test_a_measurement_survives_its_line_of_json() -> None:
    assert Measurement.from_json(training(0.5).to_json()) == training(0.5)


@pytest.mark.parametrize(("median", "word"), [(0.49, "goal reached"), (0.6, "reached"), (0.8, "short")])
def test_a_verdict_tells_goal_from_bound(median: float, word: str) -> None:
    assert targets.rows([training(median)], [1])[0][-1] == word


def test_a_share_is_the_better_the_greater() -> None:
    share = next(target for target in targets.TARGETS if target.upwards)
    assert [share.verdict(value) for value in (0.95, 0.8, 0.5)] == ["goal reached", "reached", "short"]


def test_single_cases_and_batches_are_judged_apart() -> None:
    found = [inference(1.4, 1), inference(0.7, 8), inference(0.8, 32)]
    medians = {row[0]: row[1] for row in targets.rows(found, [1])}
    assert sorted(medians.values()) == ["**0.75**", "**1.40**"]


def test_the_summary_has_a_column_for_each_number_of_threads() -> None:
    head = report.summary([training(0.5), training(0.7, threads=2)]).splitlines()[0]
    assert "| 1 thread | 2 threads |" in head


def test_the_document_has_a_table_for_each_number_of_threads() -> None:
    document = report.document([training(0.5), training(0.7, threads=2)], {"processor": "one"})
    assert "With 1 thread:" in document
    assert "With 2 threads:" in document


def test_the_document_lists_each_shape_that_falls_short_the_worst_first_whatever_the_median() -> None:
    found = [inference(1.6, 1), inference(0.7, 8), inference(1.2, 32), inference(1.3, 128), inference(0.6, 16)]
    section = report.document(found, {"processor": "one"}).split("## Shapes that fall short")[1].split("\n## ")[0]
    assert [line.split(" | ")[1] for line in section.splitlines() if line.startswith("| fcn")] == [
        "6 x 100, batch 128",
        "6 x 100, batch 32",
        "6 x 100, batch 1",
    ]
    assert "Shapes that fall short" not in report.document([inference(0.5, 1)], {})


def test_every_recipe_is_measured_or_made_of_those_that_are() -> None:
    assert set(shapes.RECIPES) == set(RECIPES) - {"resnet_lite"}
    assert {recipe for recipe, _ in shapes.training(quick=False)} == set(shapes.RECIPES)


def test_a_quick_run_takes_some_of_the_full_one() -> None:
    assert set(shapes.layers(quick=True)) < set(shapes.layers(quick=False))
    assert set(shapes.training(quick=True)) < set(shapes.training(quick=False))
    assert set(shapes.inference(quick=True)) < set(shapes.inference(quick=False))
    assert set(shapes.memory(quick=True)) < set(shapes.memory(quick=False))
