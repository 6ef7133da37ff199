"""What training as a job costs beside the same training without any service: in CPU time, by turns.

A job also starts a process, commits checkpoints, exports to ONNX and compares the export. Run with
`python examples/service_overhead.py [--epochs 200] [--rounds 3]`; it prints a table.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.client import Client
from service.domain.datasets import Limits, Reading
from service.ephemeral import service
from service.ingest import read_series

DATA = Path(__file__).parent / "data" / "GunPoint" / "GunPoint_TRAIN.ts"
NETWORK = {"recipe": "fcn"}


def training(epochs: int) -> dict[str, object]:
    """The section of the spec."""
    return {"epochs": epochs, "batch_size": 16, "seed": 1, "validation": {"fraction": 0.2}}


def bare(epochs: int) -> float:
    """CPU seconds of the training alone, in a process of its own: reading and starting are not counted."""
    command = [sys.executable, __file__, "--bare", "--epochs", str(epochs)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
    return float(answer.stdout)


def train(epochs: int) -> float:
    """The training that `bare` measures."""
    series = read_series(DATA, Reading(), Limits(), filename=DATA.name).series
    spec = settled(TrainingSpec.from_json({"network": NETWORK, "training": training(epochs)}), series)
    begun = time.process_time()
    trainer = Trainer(series, spec)
    for _ in trainer.epochs():
        pass
    trainer.pipeline()
    return time.process_time() - begun


def as_job(client: Client, log: Path, epochs: int) -> float:
    """CPU seconds of the whole process that runs the job, as the service's log tells them."""
    request = {"model": "overhead", "dataset": "overhead", "network": NETWORK, "training": training(epochs)}
    job = client.submit(request)["id"]
    while client.job(job)["finished_at"] is None:
        time.sleep(0.2)
    if client.job(job)["state"] != "SUCCEEDED":
        sys.exit(f"The job did not succeed: {client.job(job)['error']}")
    while True:
        for line in log.read_text("utf-8").splitlines():
            if line.startswith("{") and job in line and "attempt_done" in line:
                return float(json.loads(line)["child_cpu_seconds"])
        time.sleep(0.1)


def main() -> None:
    """Measure by turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        print(train(options.epochs))
        return
    ratios = []
    print("| round | bare, CPU s | as a job, CPU s | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="wavetap-overhead-") as place:
        log = Path(place) / "service.log"
        settings = {"WAVETAP_TRAINING_PRIORITY": "normal"}
        with service(Path(place) / "data", log, settings) as running, Client(running.rest) as client:
            client.upload(DATA, "overhead")
            for number in range(options.rounds):
                alone, served = bare(options.epochs), as_job(client, log, options.epochs)
                ratios.append(served / alone)
                print(f"| {number + 1} | {alone:.2f} | {served:.2f} | {served / alone:.3f} |", flush=True)
    print(f"| median | | | {median(ratios):.3f} |")


if __name__ == "__main__":
    main()
