"""The soak in short: loading, promoting and unloading over and over gives right answers; `make soak` watches memory."""

from pathlib import Path

import pytest

from benchmarks.serving.servers import wavetap
from benchmarks.serving.soak import Reading, growth, publish, soak
from benchmarks.serving.start import READY
from service.client import Client

pytestmark = pytest.mark.e2e


def test_tensorflow_serving_1664_every_answer_is_right_while_models_come_and_go(tmp_path: Path) -> None:
    with wavetap(tmp_path / "data") as server, Client(f"http://127.0.0.1:{server.http}") as client:
        server.first_answer(READY)
        publish(client, tmp_path)
        readings = list(soak(server, client, 6))
    assert [reading.cycle for reading in readings] == list(range(1, 7))


def test_growth_leaves_the_beginning_out() -> None:
    readings = [Reading(cycle, 100.0 if cycle < 4 else 130.0 + cycle / 100) for cycle in range(20)]
    assert growth(readings) == pytest.approx(0.12, abs=0.03)
    assert growth([Reading(cycle, float(cycle)) for cycle in range(20)]) == pytest.approx(12.0)
