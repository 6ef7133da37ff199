"""The demo, as a newcomer sees it."""

import subprocess
import sys
from pathlib import Path

import onnx
import pytest


@pytest.mark.e2e
@pytest.mark.slow
def test_the_demo_succeeds_and_leaves_its_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "demo", "--output", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"motions.onnx", "service.log"}
    assert "Traceback" not in (tmp_path / "service.log").read_text("utf-8")
    onnx.checker.check_model(tmp_path / "motions.onnx", full_check=True)
