"""What the tests of every format share."""

from pathlib import Path

import pytest

from tests.reference.uploads import Read, reader_of


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read bytes as if they had been uploaded."""
    return reader_of(tmp_path / "upload")
