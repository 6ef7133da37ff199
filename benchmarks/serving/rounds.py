"""Turns: in every round each server is asked each kind of work, and what is compared is the turns of one round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.serving.load import Bodies, Load, ask_by_grpc
from benchmarks.serving.servers import Server
from benchmarks.serving.work import as_binary, as_json, cases

BODIES = MappingProxyType(
    {
        "json-1": as_json(cases(1)),
        "json-32": as_json(cases(32)),
        "json-5-nested": as_json(cases(5), nested=True),
        "binary-1": as_binary(cases(1)),
        "binary-32": as_binary(cases(32)),
    }
)
MIXED = ("json-1", "binary-1", "json-1", "json-5-nested", "json-1", "binary-32", "json-1", "json-32")

OURS, THEIRS = 0, 1
Turn = Callable[[Bodies, Server, float], Load]


@dataclass(frozen=True)
class Work:
    """One kind of work: how each of the two servers is asked for it."""

    name: str
    ours: Turn
    theirs: Turn


def over_http(*names: str) -> Turn:
    """Asked by wrk with these bodies in turn."""
    return lambda bodies, server, seconds: bodies.ask(server, names, seconds)


def over_grpc(_bodies: Bodies, server: Server, seconds: float) -> Load:
    """Asked by our gRPC client."""
    return ask_by_grpc(server, seconds)


WORKS = (
    Work("V2 JSON, one case", over_http("json-1"), over_http("json-1")),
    Work("V2 JSON, 32 cases", over_http("json-32"), over_http("json-32")),
    Work("V2 binary, 32 cases, against JSON", over_http("binary-32"), over_http("json-32")),
    Work("gRPC raw, one case", over_grpc, over_grpc),
)


@dataclass(frozen=True)
class Comparison:
    """The turns of one kind of work, a pair a round."""

    work: str
    turns: Sequence[tuple[Load, Load]]

    def median(self, side: int, measure: Callable[[Load], float]) -> float:
        """Over the rounds, of one side."""
        return statistics.median(measure(pair[side]) for pair in self.turns)

    @property
    def rate(self) -> float:
        """How many times as many requests a second we answer; the median over rounds."""
        return statistics.median(ours.rate / theirs.rate for ours, theirs in self.turns)

    @property
    def p99(self) -> float:
        """Our share of their p99; the median over rounds."""
        return statistics.median(ours.p99 / theirs.p99 for ours, theirs in self.turns)

    @property
    def errors(self) -> int:
        """Of both sides."""
        return sum(load.errors for pair in self.turns for load in pair)


def compare(bodies: Bodies, ours: Server, theirs: Server, rounds: int, seconds: float) -> Iterator[Comparison]:
    """Each kind of work over all rounds; the order of the two changes with every round. Before them each is tried."""
    found: Mapping[str, list[tuple[Load, Load]]] = {work.name: [] for work in WORKS}
    for work in WORKS:
        work.ours(bodies, ours, 1)
        work.theirs(bodies, theirs, 1)
    for number in range(rounds):
        for work in WORKS:
            if number % 2:
                second = work.theirs(bodies, theirs, seconds)
                pair = work.ours(bodies, ours, seconds), second
            else:
                first = work.ours(bodies, ours, seconds)
                pair = first, work.theirs(bodies, theirs, seconds)
            found[work.name].append(pair)
            print(f"  {work.name}: {pair[OURS].rate:.0f}/s beside {pair[THEIRS].rate:.0f}/s", flush=True)
    for name, turns in found.items():
        yield Comparison(name, turns)
