"""`python -m tests.mutations`: every fault planted, one after another, and a table of what noticed it."""

from __future__ import annotations

import sys

from tests.mutations.faults import FAULTS
from tests.mutations.trial import Trial, try_fault


def line(trial: Trial) -> str:
    outcome = "caught" if trial.caught and trial.sound else "NOT CAUGHT" if trial.sound else "TEST FAILS WITHOUT IT"
    test = trial.fault.test.partition("::")[2]
    return f"{trial.fault.name:<62} {trial.fault.file:<38} {outcome:<11} {trial.seconds:5.1f} s  by {test}"


def main() -> int:
    trials = []
    for fault in FAULTS.values():
        trial = try_fault(fault, control=True)
        trials.append(trial)
        print(line(trial), flush=True)
        if not (trial.caught and trial.sound):
            print(trial.report)
    missed = [trial for trial in trials if not (trial.caught and trial.sound)]
    print(f"{len(trials) - len(missed)} of {len(trials)} planted faults make a test fail")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
