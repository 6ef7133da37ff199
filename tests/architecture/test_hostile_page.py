"""The page of hostile requests names, for each row, the files that hold its tests."""

import re
from pathlib import Path

from tests.architecture.test_files import ROOT

PAGE = ROOT / "docs" / "explanation" / "hostile-requests.md"
TEST = re.compile(r"def test_row_(\d+)_")
LINK = re.compile(r"\((\S+\.py)\)")


def listed() -> dict[int, list[Path]]:
    rows: dict[int, list[Path]] = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = line.split("|")
        if len(cells) != 7 or not (named := re.match(r" [\d, to]+ $", cells[1])):
            continue
        for part in named[0].split(","):
            low, _, high = part.strip().partition(" to ")
            for row in range(int(low), int(high or low) + 1):
                rows[row] = [PAGE.parent / link for link in LINK.findall(cells[5])]
    return rows


def test_every_row_of_the_page_has_its_tests_where_it_says() -> None:
    tested: dict[int, set[Path]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for row in TEST.findall(path.read_text("utf-8")):
            tested.setdefault(int(row), set()).add(path)
    linked = {row: {file.resolve() for file in files} for row, files in listed().items()}
    assert len(linked) > 10
    assert {row: files for row, files in linked.items() if not files & tested.get(row, set())} == {}
