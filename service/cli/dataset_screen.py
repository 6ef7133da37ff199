"""A dataset as people read it: its facts, then what its columns were taken for, then what is odd about it."""

from collections.abc import Mapping
from typing import Any

from service.cli.screen import answers, print_record, print_table

APART = frozenset({"reading", "report", "warnings"})


def print_dataset(record: Mapping[str, Any]) -> None:
    """Print a dataset, or the preview of one."""
    print_record({name: value for name, value in record.items() if name not in APART})
    reading, report = record["reading"], record["report"]
    if reading is None or report is None:
        _print_lines("warnings", record["warnings"])
        return
    if reading["columns"]:
        columns = (
            (each["role"], each["column"], each["certainty"], ", ".join(each["others"])) for each in reading["columns"]
        )
        answers().print(f"\nread as a table in {reading['form']} form", style="bold")
        print_table(("role", "column", "by", "or"), columns)
        asked = " ".join(f"--read {role}={column}" for role, column in reading["parameters"].items())
        answers().print(f"to ask for this: {asked}")
    _print_lines("what else was possible", reading["alternatives"])
    details = [each["detail"] for each in report["findings"]]
    _print_lines("notes", [each for each in record["warnings"] if each not in details])
    if report["findings"]:
        answers().print("\nwhat is odd", style="bold")
        print_table(
            ("kind", "count", "first", ""),
            ((f["kind"], f["count"], _place(f["first"]), f["detail"]) for f in report["findings"]),
        )


def _place(first: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in first.items() if value is not None)


def _print_lines(title: str, lines: list[str]) -> None:
    if lines:
        answers().print(f"\n{title}", style="bold")
        for line in lines:
            answers().print(f"- {line}")
