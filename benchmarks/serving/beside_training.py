"""What a training costs those who ask: the same load while nothing trains and while a job does, in turns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving.load import Bodies, Load
from benchmarks.serving.servers import Server
from service.client import Client

EPOCHS = 100_000
LOAD = ("json-1",)


@dataclass(frozen=True)
class Beside:
    """Pairs of turns, a round each: alone, and beside a training."""

    turns: Sequence[tuple[Load, Load]]
    epochs: Sequence[int]
    """How many epochs the training made in each of its turns."""

    @property
    def p99(self) -> float:
        """How many times as long the 99th of a hundred waits; the median over rounds."""
        return statistics.median(busy.p99 / alone.p99 for alone, busy in self.turns)

    @property
    def rate(self) -> float:
        """The share of requests a second that is left; the median over rounds."""
        return statistics.median(busy.rate / alone.rate for alone, busy in self.turns)


def beside_training(bodies: Bodies, server: Server, rounds: int, seconds: float) -> Beside:
    """Alternate between the two."""
    turns, epochs = [], []
    with Client(f"http://127.0.0.1:{server.http}") as client:
        for _ in range(rounds):
            alone = bodies.ask(server, LOAD, seconds)
            job = _training(client)
            before = client.job(job)["epoch"]
            busy = bodies.ask(server, LOAD, seconds)
            epochs.append(client.job(job)["epoch"] - before)
            _end(client, job)
            turns.append((alone, busy))
            print(f"  beside training: p99 {busy.p99:.1f} ms, alone {alone.p99:.1f} ms", flush=True)
    return Beside(turns, epochs)


def _training(client: Client) -> str:
    """A job that has made its first epoch, and will make more than there is time for."""
    request = {"model": "beside", "dataset": "series", "network": {"recipe": "fcn"}, "training": {"epochs": EPOCHS}}
    job = str(client.submit(request)["id"])
    next(event for event in client.follow(job) if event.kind == "epoch")
    return job


def _end(client: Client, job: str) -> None:
    client.cancel(job)
    for _ in client.follow(job):
        pass
