"""Trains three problems of the time series archives with every default, through the HTTP interface.

    python examples/archive_accuracies.py [--server URL] [--api-key KEY]

Without a server it starts one of its own. It prints the accuracy on each test split beside the least that is wanted,
and ends with 1 if any is lower.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.client import Client
from service.ephemeral import service

DATA = Path(__file__).parent / "data"
LEAST = {"GunPoint": 0.95, "ItalyPowerDemand": 0.94, "JapaneseVowels": 0.95}


@contextmanager
def connected(server: str | None, api_key: str | None) -> Iterator[Client]:
    """A client of the given server, or of one that lives as long as the block."""
    if server is not None:
        with Client(server, api_key) as client:
            yield client
        return
    with tempfile.TemporaryDirectory(prefix="wavetap-") as scratch:
        directory = Path(scratch)
        with service(directory / "data", directory / "service.log") as running, Client(running.rest) as client:
            yield client


def accuracy(client: Client, problem: str) -> float:
    """Train on TRAIN and judge by TEST; nothing but the model's name and the dataset is chosen."""
    train = client.upload(DATA / problem / f"{problem}_TRAIN.ts", f"{problem}-train")
    test = client.upload(DATA / problem / f"{problem}_TEST.ts", f"{problem}-test")
    job = client.submit({"model": problem, "dataset": train["id"]})
    for _ in client.follow(job["id"]):
        pass
    ended = client.job(job["id"])
    if ended["state"] != "SUCCEEDED":
        sys.exit(f"{problem}: {ended['error']}")
    return float(client.evaluate(problem, test["id"], str(ended["version"]))["metrics"]["accuracy"])


def main() -> int:
    """Print a row a problem; the number of problems that were learned too poorly decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server")
    parser.add_argument("--api-key")
    options = parser.parse_args()
    poor = 0
    with connected(options.server, options.api_key) as client:
        print(f"{'problem':18}{'accuracy':>10}{'wanted':>10}{'seconds':>10}")
        for problem, least in LEAST.items():
            started = time.monotonic()
            reached = accuracy(client, problem)
            poor += reached < least
            print(f"{problem:18}{reached:10.4f}{least:10.2f}{time.monotonic() - started:10.1f}", flush=True)
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
