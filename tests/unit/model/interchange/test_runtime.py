"""ONNX Runtime as it is loaded here: it leaves nothing behind in the user's home."""

import os
import subprocess
import sys
from pathlib import Path

from onnx import TensorProto, helper, save_model

from model.interchange import runtime

ROOT = Path(__file__).parents[4]
LOAD = "import sys, pathlib; from model.interchange import runtime; runtime.session(pathlib.Path(sys.argv[1]))"


def test_nothing_is_kept_in_the_home_of_who_runs_it(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "small", [value], [result])
    save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "small.onnx"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in runtime.SILENT}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LOAD, str(tmp_path / "small.onnx")], env=environment, check=True)
    assert list(home.rglob("*")) == []
