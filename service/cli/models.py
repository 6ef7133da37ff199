"""`wavetap models`: what is published, where aliases point, and what is said of it."""

from typing import Annotated, Any

import typer

from service.cli.connection import LOCAL, ApiKey, AsJson, Key, Server, Version, connect
from service.cli.progress import follow, outcome
from service.cli.screen import answers, complain, figures, print_json, print_record, print_table, remarks

models = typer.Typer(help="Models, their versions and aliases.", no_args_is_help=True)

ModelName = Annotated[str, typer.Argument(metavar="NAME", help="The model.")]
AliasName = Annotated[str, typer.Argument(metavar="ALIAS", help="The alias, such as production.")]


@models.command("ls")
def list_models(as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """List models, newest first."""
    with connect(server, api_key) as client:
        items = list(client.models())
    if as_json:
        print_json(items)
        return
    columns = ("name", "task", "versions", "newest", "metrics")
    rows = (
        (
            m["name"],
            m["latest"]["signature"]["task"],
            len(m["versions"]),
            m["latest"]["version"],
            figures(m["latest"]["metrics"]),
        )
        for m in items
    )
    print_table(columns, rows)


@models.command("show")
def show_model(
    name: ModelName, version: Version = None, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None
) -> None:
    """Show a version of a model: its spec, metrics and lineage."""
    with connect(server, api_key) as client:
        record = client.version(name, version)
    (print_json if as_json else print_record)(record)


@models.command("rm")
def remove_model(name: ModelName, version: Version = None, server: Server = LOCAL, api_key: ApiKey = None) -> None:
    """Delete a model, or with --version one of its versions."""
    with connect(server, api_key) as client:
        client.remove_model(name, version)


@models.command("alias")
def alias_model(
    name: ModelName,
    alias: AliasName,
    version: Annotated[
        str | None,
        typer.Argument(help="A version's number, or another alias; without it, show where the alias points."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the alias.")] = False,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Promote: point an alias at a version. Without a version, show where it points and how it moved."""
    if remove and version is not None:
        raise typer.BadParameter("--remove goes without a version.")
    with connect(server, api_key) as client:
        if remove:
            client.remove_alias(name, alias)
            return
        if version is None:
            record = client.alias(name, alias)
        else:
            record = client.point(name, alias, int(version) if version.isdecimal() else version)
    _print_alias(record, as_json=as_json)


@models.command("rollback")
def roll_back_model(
    name: ModelName, alias: AliasName, as_json: AsJson = False, server: Server = LOCAL, api_key: ApiKey = None
) -> None:
    """Point an alias where it pointed before."""
    with connect(server, api_key) as client:
        record = client.roll_back(name, alias)
    _print_alias(record, as_json=as_json)


@models.command("reproduce")
def reproduce_model(
    name: ModelName,
    version: Version = None,
    key: Key = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the job's end.")] = False,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Train a version again and compare the weights, bit for bit; ends with 1 if they differ."""
    with connect(server, api_key) as client:
        job = client.reproduce(name, version, key)
        if not detach:
            job = follow(client, job, remarks())
    if as_json:
        print_json(job)
    elif detach:
        answers().print(job["id"])
    failure = None if detach else outcome(job) or _difference(job["reproduction"])
    if failure is not None:
        complain(failure)
        raise typer.Exit(1)
    if not (detach or as_json):
        answers().print(f"{name} version {job['reproduces']}: identical, {job['reproduction']['found_sha256']}")


def _difference(reproduction: dict[str, Any]) -> str | None:
    if reproduction["identical"]:
        return None
    changed = ", ".join(reproduction["differences"]) or "nothing that is known to matter"
    return (
        f"The weights differ: {reproduction['found_sha256']} in place of {reproduction['recorded_sha256']}. "
        f"What has changed since: {changed}."
    )


@models.command("tag")
def tag_model(
    name: ModelName,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Tags to set; KEY= takes one away.")
    ] = None,
    notes: Annotated[str | None, typer.Option(help="Notes in place of the old ones.")] = None,
    version: Version = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Change the tags and notes of a model, or with --version of one of its versions."""
    pairs = dict(tag.partition("=")[::2] for tag in tags or ())
    if any("=" not in tag for tag in tags or ()):
        raise typer.BadParameter("A tag is KEY=VALUE, or KEY= to take it away.")
    changes: dict[str, object] = {"tags": {key: value or None for key, value in pairs.items()}}
    with connect(server, api_key) as client:
        record = client.annotate(name, changes if notes is None else {**changes, "notes": notes}, version)
    if as_json:
        print_json(record)
    else:
        print_record({key: record[key] for key in ("notes", "tags")})


def _print_alias(record: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(record)
    else:
        print_record({key: record[key] for key in ("model", "alias", "version", "previous")})
