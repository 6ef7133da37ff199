"""`wavetap train`: upload, train, follow."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.connection import (
    LOCAL,
    ApiKey,
    AsJson,
    Key,
    Priority,
    Read,
    Server,
    TimeLimit,
    connect,
    reading,
)
from service.cli.progress import follow, outcome
from service.cli.screen import answers, complain, figures, note, print_json, remarks

if TYPE_CHECKING:
    from service.client import Client

INTERRUPTED = 130


def train(
    file: Annotated[
        str, typer.Argument(help="The series: .ts, .csv, .npz, .parquet ...; or the name or identifier of a dataset.")
    ],
    model: Annotated[str, typer.Option(help="The model that gets a new version.")],
    recipe: Annotated[str | None, typer.Option(help="A named network: fcn, resnet, ...")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How often to go through the data.")] = None,
    task: Annotated[str | None, typer.Option(help="classification, regression or forecasting.")] = None,
    window: Annotated[int | None, typer.Option(min=1, help="Cut series into windows of so many steps.")] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="Steps from one window to the next.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same network.")] = None,
    spec: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSON file with any of network, preprocessing, training."),
    ] = None,
    priority: Priority = None,
    time_limit: TimeLimit = None,
    key: Key = None,
    name: Annotated[str | None, typer.Option(help="The dataset's name; by default the file's.")] = None,
    read: Read = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the job's end.")] = False,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Upload a file, train a network on it, and print how well it does."""
    asked = {"task": task, "priority": priority, "time_limit": time_limit}
    chosen: dict[str, dict[str, Any]] = {
        "network": {"recipe": recipe},
        "preprocessing": {"window": window, "stride": stride},
        "training": {"epochs": epochs, "seed": seed},
    }
    request = training_request(spec, chosen, asked)
    with connect(server, api_key) as client:
        dataset = uploaded(client, file, name, read)
        job = client.submit({"model": model, "dataset": dataset, **request}, key)
        if not detach:
            try:
                job = follow(client, job, remarks())
            except KeyboardInterrupt:
                remarks().print(f"The job goes on. See it again with: wavetap jobs watch {job['id']}")
                raise typer.Exit(INTERRUPTED) from None
        if job["version"] is not None:
            for remark in client.version(model, str(job["version"]))["lineage"].get("remarks", ()):
                note(remark)
        if as_json:
            print_json(job)
        elif detach:
            answers().print(job["id"])
    failure = None if detach else outcome(job)
    if failure is not None:
        complain(failure)
        raise typer.Exit(1)
    if not (detach or as_json):
        answers().print(f"{model} version {job['version']}: {figures(job['metrics'])}")


def uploaded(client: "Client", file: str, name: str | None, read: list[str] | None) -> str:
    """The identifier of the dataset that a file has become; what is no file names a dataset that is there already."""
    path = Path(file)
    if not path.is_file():
        return file
    dataset = client.upload(path, name or dataset_name(path), reading(read))
    for warning in dataset["warnings"]:
        note(warning)
    return str(dataset["id"])


def dataset_name(file: Path) -> str:
    """The file's name as a dataset may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip(".-")[:128] or "dataset"


def training_request(spec: Path | None, sections: dict[str, dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """The spec of the file, with the options on top of it."""
    try:
        request = {} if spec is None else json.loads(spec.read_text("utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{spec} is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise typer.BadParameter(f"{spec} does not hold a JSON object.")
    for part, options in sections.items():
        chosen = {key: value for key, value in options.items() if value is not None}
        if not isinstance(request.get(part, {}), dict):
            raise typer.BadParameter(f"{part} in {spec} does not hold a JSON object.")
        if chosen:
            request[part] = {**request.get(part, {}), **chosen}
    return {**request, **{key: value for key, value in asked.items() if value is not None}}
