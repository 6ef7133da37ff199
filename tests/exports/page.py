"""What was measured, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from model.interchange.onnx_export import HIGHEST_OPSET, LOWEST_OPSET, TOLERANCE
from tests.exports.measurement import EPOCHS, Export, Measurement

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "onnx.md"

INTRODUCTION = f"""\
# ONNX files: every recipe, and how far its answers are from ours

Each file was checked by `onnx.checker` and by strict shape inference, then run in ONNX Runtime beside the network in
NumPy, on one case and on several, with gaps, with channels that were never observed, with constants, on the shortest
series and on longer ones. The number is the largest difference of any answer: probabilities as they are, values in
units of their size or deviation. What differs by more than {TOLERANCE:g} is refused, and so is a file that would need
external data. Opsets {LOWEST_OPSET} to {HIGHEST_OPSET} are written.

This page is made by `make exports`; the numbers depend on the machine, what they must stay below does not. The tests
export every recipe, every kind of layer with drawn options, and every opset anew.
"""

RECIPES = f"""\
## Recipes

Trained for {EPOCHS} epochs on the bundled BasicMotions (6 channels of 100 steps, 4 classes), scaled by channel, gaps
interpolated. *Seen* is with `fold=false`: batch normalization stays an operator of its own. *Unequal* is a network with
drawn weights whose cases may end early.

| recipe | operators | bytes | difference | seen: operators | difference | unequal: operators | difference |
|---|---|---|---|---|---|---|---|
"""

PADDING = """\
## Padding

Three steps before the series and two behind it, in every mode of the layer `pad`. ONNX's own operator has some of them,
so where it lacks one, or its series would be too short, steps are gathered, sliced and concatenated.

| mode | operators | difference |
|---|---|---|
"""


def page(recipes: Iterable[Measurement], paddings: Iterable[tuple[str, Export]]) -> str:
    """The whole page."""
    rows = [
        f"| {each.recipe} | {each.published.nodes} | {each.published.size:,} | {_told(each.published)} "
        f"| {each.unfolded.nodes} | {_told(each.unfolded)} | {each.masked.nodes} | {_told(each.masked)} |"
        for each in recipes
    ]
    modes = [f"| {mode} | {each.nodes} | {_told(each)} |" for mode, each in paddings]
    return "\n".join([INTRODUCTION, RECIPES + "\n".join(rows), "", PADDING + "\n".join(modes), ""])


def _told(export: Export) -> str:
    return f"{export.difference:.1e}"
