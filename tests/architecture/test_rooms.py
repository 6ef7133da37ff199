"""What the network may import, checked file by file: finer than import-linter, which sees packages."""

import sys

import pytest

from tests.architecture.test_files import ROOT, imported, ours, trees

NETWORK = {"model", "numpy", "threadpoolctl", *sys.stdlib_module_names}
INTERCHANGE = NETWORK | {"onnx", "onnxruntime"}


def test_the_network_imports_numpy_and_the_standard_library_only() -> None:
    strangers = {
        str(path): roots - (INTERCHANGE if "interchange" in path.parts else NETWORK)
        for path, tree in trees().items()
        if path.parts[0] == "model" and (roots := {name.partition(".")[0] for name in imported(tree)})
    }
    assert {path: names for path, names in strangers.items() if names} == {}


def test_only_the_command_line_imports_the_composition_root() -> None:
    importers = {
        path.parts[1]
        for path, tree in trees().items()
        if path.parts[0] == "service" and "service.bootstrap" in imported(tree)
    }
    assert importers <= {"cli", "bootstrap"}


def test_only_one_module_loads_onnx_runtime_because_it_must_be_silenced_first() -> None:
    importers = [str(path) for path, tree in ours().items() if "onnxruntime" in imported(tree)]
    assert [path for path in importers if path.startswith(("model", "service"))] == ["model/interchange/runtime.py"]


@pytest.mark.parametrize("room", ["model", "service", "api_schemas"])
def test_every_package_tells_other_projects_that_it_is_typed(room: str) -> None:
    assert (ROOT / room / "py.typed").is_file()
