"""What commands print: answers on the standard output, everything else on the error output."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def answers() -> Console:
    """Where answers go: piped ones are neither wrapped nor coloured."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=200)


def remarks() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def complain(sentence: str) -> None:
    """Say what went wrong."""
    remarks().print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)


def print_json(content: object) -> None:
    """Print JSON that a machine, and at need a person, can read."""
    print(json.dumps(content, indent=2, ensure_ascii=False))  # noqa: T201 - byte for byte, past all formatting


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    answers().print(table)


def print_record(record: Mapping[str, Any]) -> None:
    """Print one thing, a member a line."""
    print_table(("", ""), ((name, value) for name, value in record.items() if value not in (None, [], {})))


def figures(metrics: Mapping[str, Any] | None) -> str:
    """Metrics in one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in (metrics or {}).items() if isinstance(value, int | float))


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.4g}"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
