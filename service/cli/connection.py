"""What every client command shares: where the service is, how a table is to be read, and how a failure ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import complain
from service.domain.datasets import ROLES
from service.errors import ServiceError

if TYPE_CHECKING:
    from service.client import Client

READING = ("format", "form", "header", *ROLES, "channels")

Server = Annotated[str, typer.Option(envvar="WAVETAP_SERVER", help="The service's URL.")]
ApiKey = Annotated[str | None, typer.Option(envvar="WAVETAP_API_KEY", help="The key, if the service wants one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Version = Annotated[str | None, typer.Option(help="A version's number or an alias; by default the newest.")]
Read = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help=f"How to read the file, once for each of {', '.join(READING)}; for example --read label=activity; "
        "with no name, as in --read label=, no column is taken for it.",
    ),
]

Priority = Annotated[
    int | None,
    typer.Option(min=-100, max=100, help="Among waiting jobs the highest goes first, of equals the oldest; else 0."),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Seconds of training, after which it ends and publishes what it has."),
]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="The same command with the same key makes one job."),
]

LOCAL = "http://127.0.0.1:8080"


def reading(options: list[str] | None) -> dict[str, str]:
    """The values of `--read` by their keys."""
    pairs: dict[str, str] = {}
    for option in options or ():
        key, stated, value = option.partition("=")
        pairs[key] = value
        if key not in READING or not (value or (stated and key in ROLES)):
            raise typer.BadParameter(f"--read takes KEY=VALUE with one of {', '.join(READING)}, not {key}={value}.")
    return pairs


@contextmanager
def connect(server: str, api_key: str | None) -> "Iterator[Client]":
    """A client for the time of a command; what goes wrong is said in one sentence and ends the command with 1."""
    from service.client import Client, ClientError

    try:
        with Client(server, api_key) as client:
            yield client
    except (ClientError, ServiceError) as error:
        complain(str(error))
        raise typer.Exit(1) from error
