"""`wavetap datasets` and `jobs`: the service's resources."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.connection import LOCAL, ApiKey, AsJson, Read, Server, TimeLimit, connect, reading
from service.cli.dataset_screen import print_dataset
from service.cli.progress import follow, outcome
from service.cli.screen import complain, figures, print_json, print_record, print_table, remarks
from service.cli.train import dataset_name

datasets = typer.Typer(help="Datasets: immutable, checked sets of series.", no_args_is_help=True)
jobs = typer.Typer(help="Training jobs.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")]
DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="Its name or identifier.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its identifier.")]


@datasets.command("ls")
def list_datasets(as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """List datasets, newest first."""
    with connect(server, api_key) as client:
        items = list(client.datasets())
    if as_json:
        print_json(items)
        return
    columns = ("name", "task", "cases", "channels", "length", "id")
    rows = ((d["name"], d["task"], d["cases"], len(d["channels"]), _span(d["length"]), d["id"]) for d in items)
    print_table(columns, rows)


@datasets.command("show")
def show_dataset(dataset: DatasetName, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Show what was understood of a dataset."""
    with connect(server, api_key) as client:
        record = client.dataset(dataset)
    (print_json if as_json else print_dataset)(record)


@datasets.command("add")
def add_dataset(
    file: File,
    name: Annotated[str | None, typer.Option(help="By default the file's name.")] = None,
    read: Read = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Upload a file and keep it as a dataset."""
    with connect(server, api_key) as client:
        record = client.upload(file, name or dataset_name(file), reading(read))
    (print_json if as_json else print_dataset)(record)


@datasets.command("preview")
def preview_dataset(
    file: File, read: Read = None, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None
) -> None:
    """Show what the service would understand of a file, without keeping it."""
    with connect(server, api_key) as client:
        record = client.preview(file, reading(read))
    (print_json if as_json else print_dataset)(record)


@datasets.command("compare")
def compare_datasets(
    dataset: DatasetName,
    other: Annotated[str, typer.Argument(help="Another dataset's name or identifier.")],
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Show what stands in both of two datasets, such as cases that leak from training into a test."""
    with connect(server, api_key) as client:
        record = client.compare_datasets(dataset, other)
    (print_json if as_json else print_record)(record)


@datasets.command("rm")
def remove_dataset(dataset: DatasetName, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Delete a dataset."""
    with connect(server, api_key) as client:
        client.remove_dataset(dataset)


@jobs.command("ls")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Only jobs in this state, such as QUEUED.")] = None,
    model: Annotated[str | None, typer.Option(help="Only jobs of this model.")] = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """List training jobs, newest first."""
    with connect(server, api_key) as client:
        items = list(client.jobs(state and state.upper(), model))
    if as_json:
        print_json(items)
        return
    columns = ("id", "state", "model", "version", "epochs", "metrics")
    rows = (
        (j["id"], j["state"], j["model"], j["version"], f"{j['epoch']}/{j['epochs']}", figures(j["metrics"]))
        for j in items
    )
    print_table(columns, rows)


@jobs.command("show")
def show_job(job: JobId, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Show a job, its spec and its last metrics."""
    with connect(server, api_key) as client:
        record = client.job(job)
    if as_json:
        print_json(record)
        return
    print_record({name: value for name, value in record.items() if name != "history"})


@jobs.command("watch")
def watch_job(job: JobId, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Follow a job to its end."""
    with connect(server, api_key) as client:
        ended = follow(client, client.job(job), remarks())
    if as_json:
        print_json(ended)
    failure = outcome(ended)
    if failure is not None:
        complain(failure)
        raise typer.Exit(1)


@jobs.command("cancel")
def cancel_job(job: JobId, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Ask for a job's end; what it has learned stays in its checkpoint."""
    with connect(server, api_key) as client:
        record = client.cancel(job)
    (print_json if as_json else print_record)(_brief(record, as_json=as_json))


@jobs.command("resume")
def resume_job(
    job: JobId,
    epochs: Annotated[int | None, typer.Option(min=1, help="The new total; by default the old one.")] = None,
    time_limit: TimeLimit = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Let an ended job go on from its checkpoint."""
    with connect(server, api_key) as client:
        record = client.resume(job, epochs, time_limit)
    (print_json if as_json else print_record)(_brief(record, as_json=as_json))


def _span(length: dict[str, int]) -> str:
    return str(length["min"]) if length["min"] == length["max"] else f"{length['min']}-{length['max']}"


def _brief(job: dict[str, object], *, as_json: bool) -> dict[str, object]:
    return job if as_json else {name: job[name] for name in ("id", "state", "model", "epoch", "epochs")}
