"""The pages of the reference name every command and every way in which a job fails, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from service.cli.app import app
from service.domain.jobs import FailureCode

PAGES = Path(__file__).parents[2] / "docs" / "reference"


def first_cells(page: str, header: str) -> Iterator[list[str]]:
    """What stands between backticks in the first cell of each row below a header."""
    table = (PAGES / page).read_text("utf-8").partition(f"| {header} |")[2].partition("\n\n")[0]
    for row in table.splitlines()[2:]:
        yield re.findall(r"`([^`]+)`", row.split("|")[1])


def commands(group: Any, path: str = "wavetap") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def named_commands() -> Iterator[str]:
    """`wavetap jobs ls`, `show`: both are commands of the group; capitals and options stand for what a user gives."""
    for first, *others in first_cells("command-line.md", "command"):
        words = [word for word in first.split() if word.islower() and word[0] != "-"]
        yield " ".join(words)
        yield from (" ".join([*words[:-1], other]) for other in others)


def test_the_page_names_every_command_and_no_other() -> None:
    assert set(named_commands()) == set(commands(typer.main.get_command(app)))


def test_the_page_names_every_failure_of_a_job_and_no_other() -> None:
    named = {code for codes in first_cells("errors.md", "`error.code`") for code in codes}
    assert named == set(FailureCode)
