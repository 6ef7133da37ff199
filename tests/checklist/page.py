"""The checklist as a page of the documentation, made from the rows and the names of the tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.checklist.rows import ALSO, GROUPS, ROWS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reference" / "convolution-checklist.md"
NAMED = re.compile(r"test_([A-Z]\d+)_(\w+)")

INTRODUCTION = """\
# One-dimensional convolution: the checklist

Everything that the mathematics of a 1-D convolution layer must offer, each row with the tests that show it.
x: signal of length m. w: kernel of length n = 2p+1, indexed -p..p. y: result. dy: gradient of the loss by y.

Kernels are stored as they slide over the series, so a layer cross-correlates, as ONNX, PyTorch and TensorFlow do;
`model.convolve`, `model.cross_correlate`, `model.autocorrelate` and `model.trace` are the plain functions.

This page is made by `python -m tests.checklist`; a test fails when it differs from the tests it names.
"""


def tests() -> Iterator[tuple[str, str, str]]:
    """Each test of this folder: the id of its row, what it says, and its file."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (named := NAMED.fullmatch(node.name)):
                yield named[1], named[2].replace("_", " "), path.name


def page() -> str:
    """The whole page."""
    shown: dict[str, list[str]] = {}
    for row, sentence, file in tests():
        shown.setdefault(row, []).append(f"[{sentence}](../../tests/checklist/{file})")
    lines = [INTRODUCTION]
    for letter, title in GROUPS.items():
        lines += [f"## {title}", "", "| id | capability | shown by |", "|---|---|---|"]
        for row, capability in ROWS.items():
            if row.startswith(letter):
                lines.append(f"| {row} | {capability} | {'<br>'.join(shown.get(row, []))} |")
        lines.append("")
    lines += ["## Also needed", "", "| capability | shown by |", "|---|---|"]
    for capability, test in ALSO.items():
        file, _, name = test.partition("::")
        sentence = (name or Path(file).stem).removeprefix("test_").replace("_", " ")
        lines.append(f"| {capability} | [{sentence}](../../{file}) |")
    return "\n".join(lines) + "\n"
