"""Trains five problems of the time series archives with every default, through the HTTP interface.

    python examples/archive_accuracies.py [--server URL] [--api-key KEY]

Without a server it starts one of its own. It prints the accuracy on each test split beside the least that is wanted,
which is that published for FCN less one point, and for a regression the RMSE beside the most; it ends with 1 if any
falls short.
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
LEAST = {"GunPoint": 0.987, "ItalyPowerDemand": 0.953, "JapaneseVowels": 0.963, "BasicMotions": 0.99}
MOST = {"CardanoSentiment": 0.32}


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


def judged(client: Client, problem: str) -> dict[str, float]:
    """The metrics on TEST once trained on TRAIN; nothing but the model's name and the dataset is chosen."""
    train = client.upload(DATA / problem / f"{problem}_TRAIN.ts", f"{problem}-train")
    test = client.upload(DATA / problem / f"{problem}_TEST.ts", f"{problem}-test")
    job = client.submit({"model": problem, "dataset": train["id"]})
    for _ in client.follow(job["id"]):
        pass
    ended = client.job(job["id"])
    if ended["state"] != "SUCCEEDED":
        sys.exit(f"{problem}: {ended['error']}")
    metrics: dict[str, float] = client.evaluate(problem, test["id"], str(ended["version"]))["metrics"]
    return metrics


def main() -> int:
    """Print a row a problem; the number of problems that were learned too poorly decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server")
    parser.add_argument("--api-key")
    options = parser.parse_args()
    poor = 0
    with connected(options.server, options.api_key) as client:
        print(f"{'problem':18}{'metric':>10}{'reached':>10}{'wanted':>10}{'seconds':>10}")
        for problem, wanted in (LEAST | MOST).items():
            started = time.monotonic()
            metric = "accuracy" if problem in LEAST else "rmse"
            reached = judged(client, problem)[metric]
            poor += reached < wanted if problem in LEAST else reached > wanted
            seconds = time.monotonic() - started
            print(f"{problem:18}{metric:>10}{reached:10.4f}{wanted:10.3f}{seconds:10.1f}", flush=True)
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
