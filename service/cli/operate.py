"""`wavetap migrate` and `openapi`: for whoever runs the service."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.configuration import settings
from service.cli.screen import print_json, remarks


def migrate(
    data_dir: Annotated[Path | None, typer.Option(help="The data directory; also WAVETAP_DATA_DIR.")] = None,
) -> None:
    """Bring the database to this release's schema; `serve` does so too when it starts."""
    from service.bootstrap import migrate as run

    remarks().print(run(settings(data_dir=data_dir)))


def openapi() -> None:
    """Print the description of the REST interface."""
    from service.bootstrap import openapi as described

    print_json(described())
