"""`python -m tests.rivals`: two supervisors and many short jobs on each database, as a table; 1 if one is wrong."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.postgresql import server
from tests.rivals.rivalry import Outcome, rivalry


def line(database: str, outcome: Outcome, seconds: float) -> str:
    numbers = (outcome.jobs, outcome.takeovers, outcome.attempts, len(outcome.faults), f"{seconds:.0f} s")
    return f"| {database} | {' | '.join(map(str, numbers))} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.rivals", description="Let two supervisors share a database.")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--takeovers", type=int, default=20)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    faults: list[str] = []
    print("| database | jobs | taken over from a stopped supervisor | attempts | faults | time |")
    print("|---|---|---|---|---|---|")
    for database in ("sqlite", "postgresql"):
        if options.only not in {None, database}:
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="wavetap-rivals-") as place:
            if database == "sqlite":
                outcome = rivalry(Path(place), f"sqlite:///{place}/wavetap.db", options.jobs, options.takeovers)
            else:
                with server() as running:
                    outcome = rivalry(Path(place), running.database(), options.jobs, options.takeovers)
        print(line(database, outcome, time.monotonic() - begun), flush=True)
        faults += outcome.faults
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
