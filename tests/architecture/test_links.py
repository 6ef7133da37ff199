"""What pages and sources point at is there."""

import re
from pathlib import Path

from tests.architecture.test_files import ROOT, sources

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]


def test_every_link_of_a_page_leads_somewhere() -> None:
    links = [(page, link) for page in pages() for link in LINK.findall(page.read_text("utf-8"))]
    assert links
    assert [f"{page.relative_to(ROOT)}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_every_page_that_a_source_names_exists() -> None:
    named = {page: path for path, text in sources().items() for page in PAGE.findall(text)}
    assert {str(path): page for page, path in named.items() if not (ROOT / page).exists()} == {}


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert len(set(numbers)) == len(numbers)
