"""A file goes through the service, and trains, in far less memory than it holds; `make large` shows it with 5 GB."""

from pathlib import Path

import pytest

from benchmarks.larger_than_memory import run

pytestmark = pytest.mark.e2e

SIZE = 160_000_000
SETTINGS = {"WAVETAP_INGEST_MEMORY_BYTES": str(4 << 20)}


@pytest.mark.parametrize(
    ("kind", "task", "most"),
    [
        ("npz", "classification", SIZE // 2),
        ("npz", "forecasting", SIZE // 2),
        ("long.parquet", "classification", SIZE),
    ],
)
def test_neither_the_service_nor_the_training_ever_holds_the_file(
    tmp_path: Path, kind: str, task: str, most: int
) -> None:
    passed = run(tmp_path, SIZE, kind, SETTINGS, task)
    assert passed.state == "SUCCEEDED"
    assert passed.metrics.get("validation_accuracy", 1) > 0.9
    assert passed.training - passed.idle < most  # of a table, much of it is pyarrow's own
    assert passed.attempt - passed.idle < SIZE // 2
