"""`wavetap serve`."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from service.cli.configuration import settings

PANEL = "Each is also a setting WAVETAP_..., and there are more: see docs/reference/settings.md"


def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on [127.0.0.1].", rich_help_panel=PANEL)
    ] = None,
    port: Annotated[int | None, typer.Option(help="The port of REST [8080].", rich_help_panel=PANEL)] = None,
    grpc_port: Annotated[int | None, typer.Option(help="The port of gRPC [8081].", rich_help_panel=PANEL)] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.", rich_help_panel=PANEL)] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve [1].", rich_help_panel=PANEL)] = None,
) -> None:
    """Serve REST and gRPC, and run training jobs."""
    chosen = settings(host=host, port=port, grpc_port=grpc_port, data_dir=data_dir, workers=workers)
    if chosen.workers > 1:
        from service.workers import serve as run_workers

        raise typer.Exit(run_workers(chosen))
    gc.disable()  # what is imported stays: to look for garbage in it would take a fifth of the time to ready
    from service.bootstrap import serve as run

    gc.freeze()
    gc.enable()
    raise typer.Exit(run(chosen))
