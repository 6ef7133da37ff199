"""A thousand times: load, promote, ask, unload; every answer is right, and the memory stays what it was.

    python -m benchmarks.serving.soak [--cycles 1000]

Prints the service's resident memory on the way, and ends with status 1 if it has grown.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from benchmarks.serving.servers import Server, wavetap
from benchmarks.serving.start import READY
from service.client import Client

MODEL, ALIAS = "soaked", "live"
VERSIONS = (1, 2)
CHANNELS, LENGTH = 6, 100
NETWORK = {
    "layers": [
        {"kind": "conv1d", "out_channels": 256, "kernel": 9},
        {"kind": "relu"},
        {"kind": "conv1d", "out_channels": 256, "kernel": 9},
        {"kind": "relu"},
    ]
}
"""About 2.4 MB of weights: a thousand that were kept would show."""
SHOWN = 20
GROWTH_ALLOWED = 5.0
"""Megabytes between the median of the second fifth of the cycles and that of the last; the first fifth warms up.

A copy of the weights that was kept in each cycle would be two gigabytes, an array of 16 kilobytes would be found."""


class Wrong(Exception):
    """An answer that was not the right one."""


@dataclass(frozen=True)
class Reading:
    """Megabytes in memory after so many cycles."""

    cycle: int
    megabytes: float


def publish(client: Client, directory: Path) -> None:
    """Two versions of one model, of different weights."""
    generator = np.random.default_rng(0)
    labels = np.arange(16) % 2
    values = generator.standard_normal((16, CHANNELS, LENGTH)) + labels[:, None, None]
    series = directory / "series.npz"
    np.savez(series, X=values.astype(np.float32), y=labels)
    client.upload(series, "soaked")
    for seed in VERSIONS:
        training = {"epochs": 1, "seed": seed}
        job = client.submit({"model": MODEL, "dataset": "soaked", "network": NETWORK, "training": training})
        for event in client.follow(job["id"]):
            if event.kind == "end" and event.data["state"] != "SUCCEEDED":
                raise Wrong(f"a version was not trained: {event.data}")


def soak(server: Server, client: Client, cycles: int) -> Iterator[Reading]:
    """The cycles, a reading behind each; Wrong if an answer is."""
    cases = np.zeros((3, CHANNELS, LENGTH), np.float32)
    tensor = {"name": "series", "shape": cases.shape, "datatype": "FP32", "data": cases}
    client.point(MODEL, ALIAS, VERSIONS[0])
    expected = {number: _probabilities(client, cases, str(number)) for number in VERSIONS}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.http}", timeout=60) as http:
        for cycle in range(1, cycles + 1):
            _repository(http, "load")
            number = VERSIONS[cycle % len(VERSIONS)]
            client.point(MODEL, ALIAS, number)
            _require(_probabilities(client, cases, ALIAS) == expected[number], "another version's answer")
            _require(client.infer(MODEL, {"inputs": [tensor]})["model_version"] == str(VERSIONS[-1]), "not the newest")
            _repository(http, "unload")
            _require(http.get(f"/v2/models/{MODEL}/ready").is_server_error, "unloaded, and yet ready")
            yield Reading(cycle, server.megabytes)
        _repository(http, "load")


def growth(readings: Sequence[Reading]) -> float:
    """Megabytes by which the median of the last fifth lies above that of the second."""
    fifth = max(1, len(readings) // 5)
    early = statistics.median(reading.megabytes for reading in readings[fifth : 2 * fifth])
    return statistics.median(reading.megabytes for reading in readings[-fifth:]) - early


def main() -> None:
    """Command line: see --help."""
    parser = argparse.ArgumentParser(prog="benchmarks.serving.soak", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="of load, promote, ask and unload; default: 1000")
    chosen = parser.parse_args()
    readings = []
    with (
        tempfile.TemporaryDirectory(prefix="wavetap-soak-") as directory,
        wavetap(Path(directory) / "data") as server,
        Client(f"http://127.0.0.1:{server.http}") as client,
    ):
        server.first_answer(READY)
        publish(client, Path(directory))
        for reading in soak(server, client, chosen.cycles):
            readings.append(reading)
            if reading.cycle % max(1, chosen.cycles // SHOWN) == 0:
                print(f"after {reading.cycle:>5} cycles: {reading.megabytes:.1f} MB", flush=True)
    grown = growth(readings)
    print(f"The memory grew by {grown:.1f} MB between the second fifth and the last; at most {GROWTH_ALLOWED:.0f}.")
    if grown > GROWTH_ALLOWED:
        raise SystemExit(1)


def _repository(http: httpx.Client, wish: str) -> None:
    response = http.post(f"/v2/repository/models/{MODEL}/{wish}")
    _require(response.is_success, f"{wish}: {response.status_code} {response.text}")


def _probabilities(client: Client, cases: np.ndarray, version: str) -> list[dict[str, float]]:
    return [one["probabilities"] for one in client.predict(MODEL, cases, version)["predictions"]]


def _require(holds: bool, what: str) -> None:  # noqa: FBT001 - what must hold
    if not holds:
        raise Wrong(what)


if __name__ == "__main__":
    main()
