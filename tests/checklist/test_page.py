"""Every row has a test, every test a row, and the page in the documentation shows both."""

from tests.checklist.page import PAGE, ROOT, page
from tests.checklist.page import tests as named_tests
from tests.checklist.rows import ALSO, GROUPS, ROWS


def test_every_row_has_a_test_and_every_named_test_a_row() -> None:
    assert {row for row, _, _ in named_tests()} == ROWS.keys()
    assert {row[0] for row in ROWS} == GROUPS.keys()


def test_what_is_also_needed_names_tests_that_exist() -> None:
    for test in ALSO.values():
        file, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / file).read_text("utf-8")


def test_the_page_is_in_step() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.checklist"
