"""What commands print: answers on the standard output, everything else on the error output."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 10_000


def answers() -> Console:
    """Where answers go: piped ones are neither wrapped nor coloured. A label in brackets is a label, and no markup."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=PIPED_WIDTH)


def remarks() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False, markup=False)


def complain(sentence: str) -> None:
    """Say what went wrong."""
    remarks().print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)


def note(sentence: str) -> None:
    """Say what is worth a second look."""
    remarks().print(Text.assemble(("Note: ", "yellow"), sentence), soft_wrap=True)


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
    _print(table)


def print_record(record: Mapping[str, Any]) -> None:
    """Print one thing, a member a line: members of members by their paths, and nothing where nothing is."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _members(record):
        table.add_row(name, Text(_cell(value)))
    _print(table)


def _print(table: Table) -> None:
    """A table fills its cells with spaces: at the ends of lines nobody wants them."""
    console = answers()
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _members(record: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    for name, value in record.items():
        match value:
            case None | []:
                continue
            case dict():
                yield from _members(value, f"{path}{name}.")
            case _:
                yield path + name, value


def figures(metrics: Mapping[str, Any] | None) -> str:
    """Metrics in one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in (metrics or {}).items() if isinstance(value, int | float))


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.4g}"
        case list() if all(isinstance(item, str | int | float) for item in value):
            return ", ".join(map(_cell, value))
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
