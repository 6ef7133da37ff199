"""`wavetap demo`: from a file to a trained, served and exported network, with every answer compared."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.screen import complain


def demo(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", file_okay=False, help="Where the ONNX file and the service's log are left."),
    ] = Path("wavetap-demo"),
) -> None:
    """Train, serve and export a network on bundled data, and check that it answers everywhere alike."""
    from service.cli.demo.bundled import NoData
    from service.cli.demo.story import DemoFailed, tell
    from service.client import ClientError
    from service.ephemeral import NotStarted

    try:
        tell(output)
    except (DemoFailed, NoData, ClientError, NotStarted) as error:
        complain(str(error))
        raise typer.Exit(1) from error
