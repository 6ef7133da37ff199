"""A training job followed to its end, with a bar."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from service.cli.screen import figures

if TYPE_CHECKING:
    from service.client import Client, Json

BEST_FIRST = ("validation_accuracy", "accuracy", "validation_rmse", "rmse")
"""There is room for the loss and one more metric."""


def follow(client: "Client", job: "Json", console: Console) -> "Json":
    """Show a job's epochs as they are recorded; answers the job as it ended."""
    with Progress(
        TextColumn("[bold]{task.description}", table_column=Column(no_wrap=True, min_width=9)),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[metrics]}", table_column=Column(no_wrap=True)),
        console=console,
    ) as progress:
        bar = progress.add_task(job["state"].lower(), total=job["epochs"], metrics="")
        for event in client.follow(job["id"]):
            match event.kind:
                case "state":
                    progress.update(bar, description=event.data["state"].lower())
                case "epoch":
                    shown = _shown(event.data["metrics"])
                    progress.update(bar, completed=event.data["epoch"], total=event.data["epochs"], metrics=shown)
        ended = client.job(job["id"])
        progress.update(bar, description=ended["state"].lower(), completed=ended["epoch"], total=ended["epochs"])
    return ended


def _shown(metrics: Mapping[str, float]) -> str:
    best = next((name for name in BEST_FIRST if name in metrics), "loss")
    return figures({name: metrics[name] for name in ("loss", best) if name in metrics})


def outcome(job: "Json") -> str | None:
    """Why a job gave no model; None if it did."""
    if job["state"] == "SUCCEEDED":
        return None
    error = job["error"]
    return f"The job {job['id']} was cancelled." if error is None else f"{error['message']} ({error['code']})"
