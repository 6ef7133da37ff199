"""`wavetap --version`, `migrate` and `openapi`: for whoever runs the service."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.configuration import settings
from service.cli.screen import answers, complain, print_json, remarks
from service.errors import ServiceError
from service.release import release


def print_version(asked: bool) -> None:
    """Print the release, and end, if asked to."""
    if asked:
        answers().print(f"wavetap {release()}")
        raise typer.Exit


Release = Annotated[
    bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the release, and end.")
]


def wavetap(version: Release = False) -> None:
    """Train, serve and export Conv1D networks for time series."""


def migrate(
    data_dir: Annotated[Path | None, typer.Option(help="The data directory; also WAVETAP_DATA_DIR.")] = None,
) -> None:
    """Bring the database to this release's schema; `serve` does so too when it starts."""
    from service.bootstrap import migrate as run

    try:
        remarks().print(run(settings(data_dir=data_dir)))
    except ServiceError as error:
        complain(error.message)
        raise typer.Exit(1) from error
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}.")
        raise typer.Exit(1) from error


def openapi() -> None:
    """Print the description of the REST interface."""
    from service.bootstrap import openapi as described

    print_json(described())
