"""`python -m tests.kills`: many kills of a sound service, then of faulty ones; a table, and 1 if anything was wrong."""

import argparse
import math
import random
import sys
import time

from tests.kills.campaign import Outcome, campaign
from tests.kills.faults import FAULTS, planted

KILLING = ("upload", "submission", "training", "checkpoint", "promotion")
BLOWS_FOR_A_FAULT = 40


def plan(kills: int, pauses: int, seed: int) -> list[str]:
    """Every phase equally often, and the pauses among them, in an order that the seed gives."""
    phases = [KILLING[number % len(KILLING)] for number in range(kills)] + ["pause"] * pauses
    random.Random(seed).shuffle(phases)
    return phases


def table(outcome: Outcome, phases: list[str]) -> list[str]:
    """The numbers of a campaign, as rows of Markdown."""
    blows = outcome.history.blows
    rows = [(f"kills during {phase}", blows[phase]) for phase in KILLING]
    rows += [("pauses past the lease", blows["pause"])]
    rows += [(f"of these kills: {name}", blows[name]) for name in ("of a training", "of the service", "power cuts")]
    rows += [
        ("unfinished files that power cuts took", outcome.history.lost),
        ("acknowledged datasets", len(outcome.history.uploads)),
        ("acknowledged jobs, each by an Idempotency-Key", len(outcome.history.jobs)),
        ("acknowledged moves of an alias", blows["acknowledged aliases"]),
        ("epochs that a client had been shown", sum(outcome.history.seen_epochs.values())),
        ("attempts of all jobs", outcome.attempts),
        ("blows struck, of those planned", f"{outcome.blows} of {len(phases)}"),
        ("faults found", len(outcome.faults)),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.kills", description="Kill the service, and see what is lost.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--pauses", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["sound", *FAULTS], help="only the sound service, or one of the faulty ones")
    parser.add_argument("--minutes", type=float, default=math.inf, help="strike no more after so long, and judge")
    options = parser.parse_args()
    wrong = False
    begun = time.monotonic()

    def tell(number: int, phase: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:7.1f} s  {number:4d}  {phase}\n")

    if options.only in {None, "sound"}:
        phases = plan(options.kills, options.pauses, options.seed)
        outcome = campaign(phases, options.seed, until=begun + 60 * options.minutes, tell=tell)
        wrong = bool(outcome.faults)
        print("\n".join(table(outcome, phases)), flush=True)
        print("\n".join(outcome.faults), flush=True)
    print("| planted fault | caught after | as |\n|---|---|---|")
    for fault in FAULTS.values():
        if options.only not in {None, fault.name}:
            continue
        with planted(fault) as source:
            outcome = campaign([fault.phase] * BLOWS_FOR_A_FAULT, options.seed, source, tell=tell)
        wrong |= not outcome.faults
        seen = outcome.faults[0] if outcome.faults else "NOT CAUGHT"
        print(f"| {fault.name} | {outcome.blows} blows | {seen} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
