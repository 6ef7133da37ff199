"""A short campaign, and the planted faults; `make kills` strikes two hundred times."""

import shutil
from pathlib import Path

import pytest

from tests.kills.blows import PHASES
from tests.kills.campaign import ROOT, campaign
from tests.kills.faults import FAULTS, plant, planted

MOST_BLOWS = 40
SHORT = ("upload", "submission", "checkpoint", "promotion", "promotion")


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_jobs_end_as_if_unbroken() -> None:
    outcome = campaign(SHORT, seed=5)
    assert outcome.faults == ()
    assert outcome.jobs >= 1
    assert outcome.blows == len(SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name: str) -> None:
    fault = FAULTS[name]
    with planted(fault) as source:
        assert campaign([fault.phase] * MOST_BLOWS, seed=1, source=source).faults


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_fits_the_source_and_has_its_phase(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    copy = tmp_path / fault.file
    copy.parent.mkdir(parents=True)
    shutil.copy(ROOT / fault.file, copy)
    plant(fault, tmp_path)
    compile(copy.read_text("utf-8"), fault.file, "exec")
    assert fault.phase in PHASES
