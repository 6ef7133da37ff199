"""Every check of the conformance table once, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from service.ephemeral import Running
from tests.interop.conformance import ABSENT, NO_NUMBERS, Cell, cells, check
from tests.interop.triton_clients import ClientFailed, Triton


@dataclass(frozen=True)
class Run:
    """A word for each cell as the page has it, and why those failed that did."""

    outcomes: dict[Cell, str]
    failures: dict[Cell, str]


def run(running: Running, clients: Triton) -> Run:
    """Check every cell."""
    outcomes, failures = {}, {}
    for cell in cells():
        try:
            check(cell, running, clients)
        except (ClientFailed, AssertionError, pytest.fail.Exception) as error:
            outcomes[cell], failures[cell] = "FAILED", repr(error)
        else:
            outcomes[cell] = "refused" if cell.method in ABSENT or cell.datatype in NO_NUMBERS else "yes"
    return Run(outcomes, failures)
