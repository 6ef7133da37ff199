"""Every client, method and encoding of the conformance table holds, and the page is what the run gave."""

import pytest

from service.ephemeral import Running
from tests.interop.conformance import Cell, cells
from tests.interop.page import PAGE, page
from tests.interop.run import Run, run
from tests.interop.triton_clients import Triton

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def ran(running: Running, clients: Triton) -> Run:
    return run(running, clients)


@pytest.mark.parametrize("cell", list(cells()), ids=lambda cell: cell.name)
def test_a_client_can_do_it(ran: Run, cell: Cell) -> None:
    assert ran.failures.get(cell) is None


def test_the_page_is_what_the_run_gave(ran: Run) -> None:
    assert PAGE.read_text("utf-8") == page(ran.outcomes), "run make conformance"
