"""`make conformance`: runs every client against a service of its own, and writes the page."""

import sys
import tempfile
from pathlib import Path

from tests.interop.page import PAGE, page
from tests.interop.run import run
from tests.interop.served import served
from tests.interop.triton_clients import triton


def main() -> int:
    """Write the page, whatever came of it; the exit code tells whether everything held."""
    with tempfile.TemporaryDirectory() as directory, served(Path(directory)) as running, triton() as clients:
        ran = run(running, clients)
    PAGE.write_text(page(ran.outcomes), "utf-8")
    for cell, reason in ran.failures.items():
        sys.stderr.write(f"{cell.name}: {reason}\n")
    return 1 if ran.failures else 0


if __name__ == "__main__":
    sys.exit(main())
