"""The quick examples run, and the page that shows what they print is in step."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "ends.md"


@pytest.mark.parametrize("name", ["padding_strategies", "autocorrelation"])
def test_the_page_shows_what_the_example_prints(name: str) -> None:
    command = [sys.executable, ROOT / "examples" / f"{name}.py"]
    printed = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    lines = [line.rstrip() for line in printed.stdout.rstrip().splitlines()]
    assert "\n".join(lines) in PAGE.read_text("utf-8")
