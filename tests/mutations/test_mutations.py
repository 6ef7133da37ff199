"""The promised mutation checks, and that every other still fits the source. All are tried by `make mutations`."""

import shutil
from pathlib import Path

import pytest

from tests.mutations.faults import FAULTS, PROMISED
from tests.mutations.trial import ROOT, plant, try_fault


@pytest.mark.parametrize("name", [name for name in PROMISED if name != "reversed kernel gradient"])
def test_a_planted_fault_makes_its_test_fail(name: str) -> None:
    """The reversed kernel gradient is tried by G5 of the checklist."""
    trial = try_fault(FAULTS[name])
    assert trial.caught, trial.report


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_fits_the_source_and_names_a_test(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    copy = tmp_path / fault.file
    copy.parent.mkdir(parents=True)
    shutil.copy(ROOT / fault.file, copy)
    plant(fault, tmp_path)
    compile(copy.read_text("utf-8"), fault.file, "exec")
    file, _, test = fault.test.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text("utf-8")


def test_the_page_lists_every_fault() -> None:
    page = (ROOT / "docs" / "explanation" / "proof.md").read_text("utf-8")
    for fault in FAULTS.values():
        sentence = fault.test.partition("::")[2].removeprefix("test_").replace("_", " ")
        assert f"| {fault.name} | `{fault.file}` | {sentence} |" in page
