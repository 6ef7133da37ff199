"""A dataset on the screen: its columns, and what is odd about it, as tables."""

import pytest

from service.cli.dataset_screen import print_dataset

FACTS = {"name": "walks", "cases": 2}
READING = {
    "form": "long",
    "columns": [{"role": "label", "column": "activity", "certainty": "named", "others": ["class"]}],
    "parameters": {"form": "long", "label": "activity"},
    "alternatives": ["label=class: by its name this column could have been it too."],
}
FIRST = {"row": 3, "column": "ax", "case": 1, "channel": "ax", "step": None}
REPORT = {"channels": [], "findings": [{"kind": "missing", "count": 1, "detail": "One is missing.", "first": FIRST}]}


def test_columns_and_findings_are_tables_and_nothing_is_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    print_dataset({**FACTS, "warnings": ["A note.", "One is missing."], "reading": READING, "report": REPORT})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "label activity named class" in lines
    assert "to ask for this: --read form=long --read label=activity" in lines
    assert "missing 1 row 3, column ax, case 1, channel ax One is missing." in lines
    assert "- A note." in lines
    assert "- One is missing." not in lines


def test_a_dataset_without_a_report_shows_its_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    print_dataset({**FACTS, "warnings": ["Odd."], "reading": None, "report": None})
    assert "- Odd." in capsys.readouterr().out
