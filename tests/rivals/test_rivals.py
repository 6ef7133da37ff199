"""Two supervisors on one database: every epoch is recorded once, whoever is stopped past its lease."""

from pathlib import Path

import pytest

from tests.rivals.rivalry import rivalry


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_epoch_is_recorded_once(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    postgresql = database == "postgresql"
    url = request.getfixturevalue("postgresql").database() if postgresql else f"sqlite:///{tmp_path}/wavetap.db"
    outcome = rivalry(tmp_path, url, jobs=8, takeovers=2)
    assert outcome.faults == ()
    assert outcome.takeovers == 2
    assert outcome.attempts >= outcome.jobs + outcome.takeovers
