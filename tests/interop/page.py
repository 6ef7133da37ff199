"""The outcome of a run, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from tests.interop.conformance import ABSENT, DATATYPES, ENCODINGS, METHODS, NO_NUMBERS, Cell
from tests.interop.triton_clients import CLIENTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"

INTRODUCTION = """\
# Open Inference Protocol: what each client can do here

The clients are those of `tritonclient` {release}, unchanged, against a service in a process of its own. This page is
what `make conformance` found; a test runs the same and fails when the page differs.

`yes`: the call gives the right answer. `refused`: the server says in the client's own error why it does not take it, as
it should. `FAILED`: anything else. `-`: the client has no such call.

## Methods

Each with and without a version where it takes one, and for a model that is not there.
"""

INFER = """\
## `infer`

Three cases of two channels go in; probabilities (FP32) and labels (BYTES) come back, the same whatever carried them. A
model takes numbers, so every datatype of numbers is taken and the two others are refused. `JSON` and `binary` are where
the tensors stand; gRPC's clients always send them raw. Each cell tells of requests and answers that are not compressed,
compressed by gzip, and by deflate.
"""

ASYNCHRONOUS = """\
## `async_infer`

Of the two clients that are not asynchronous by themselves, with FP32.
"""

NOT_OFFERED = """\
## Not offered

The server's metadata do not list these extensions, and their calls are refused.
"""

Outcomes = Mapping[Cell, str]


def page(outcomes: Outcomes) -> str:
    """The whole page."""
    heads = [f"{client}, {'binary' if binary else 'JSON'}" for client, binary in ENCODINGS]
    infer = {
        datatype: [_ways(outcomes, "infer", client, binary, datatype) for client, binary in ENCODINGS]
        for datatype in (*DATATYPES, *NO_NUMBERS)
    }
    asynchronous = {"FP32": [_ways(outcomes, "async_infer", *way, "FP32") for way in ENCODINGS]}
    parts = [
        INTRODUCTION.format(release=version("tritonclient")),
        _table("method", CLIENTS, {method: _row(outcomes, method) for method in METHODS}),
        INFER,
        _table("datatype", heads, infer),
        ASYNCHRONOUS,
        _table("datatype", heads, asynchronous),
        NOT_OFFERED,
        _table("method", CLIENTS, {method: _row(outcomes, method) for method in ABSENT}),
    ]
    return "\n".join(parts)


def _row(outcomes: Outcomes, method: str) -> list[str]:
    return [outcomes.get(Cell(method, client), "-") for client in CLIENTS]


def _ways(outcomes: Outcomes, method: str, client: str, binary: bool, datatype: str) -> str:
    """One word where all compressions came to the same."""
    found = [
        outcomes[cell]
        for compression in (None, "gzip", "deflate")
        if (cell := Cell(method, client, binary, compression, datatype)) in outcomes
    ]
    return "-" if not found else found[0] if len(set(found)) == 1 else ", ".join(found)


def _table(first: str, heads: tuple[str, ...] | list[str], rows: Mapping[str, list[str]]) -> str:
    lines = [f"| {first} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"
