"""`wavetap predict`, `evaluate` and `export`: a model put to use."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.connection import LOCAL, ApiKey, AsJson, Read, Server, Version, connect, reading
from service.cli.screen import answers, complain, print_json, print_record, print_table, remarks
from service.cli.train import uploaded

if TYPE_CHECKING:
    from service.client import Client, Json

CASES_AT_ONCE = 256
STEPS_SHOWN = 6

Model = Annotated[str, typer.Argument(metavar="NAME", help="The model.")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The series, in any format a dataset may have.")
]


def predict(
    model: Model,
    file: File,
    version: Version = None,
    read: Read = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Predict every case of a file."""
    with connect(server, api_key) as client:
        series = _cases(client, model, version, file, reading(read))
        answered = [client.predict(model, part, version) for part in series]
        predictions = [prediction for answer in answered for prediction in answer["predictions"]]
        if as_json:
            print_json({**answered[0], "predictions": predictions})
        else:
            print_table(*_rows(predictions))


def evaluate(
    model: Model,
    file: Annotated[str, typer.Argument(help="A file, or the name or identifier of a dataset.")],
    version: Version = None,
    name: Annotated[str | None, typer.Option(help="The name to keep the file under; by default the file's.")] = None,
    read: Read = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Judge a model by the labels or targets of a file, which is kept as a dataset."""
    with connect(server, api_key) as client:
        result = client.evaluate(model, uploaded(client, file, name, read), version)
        if as_json:
            print_json(result)
            return
        print_record({"cases": result["cases"], **result["metrics"]})
        if result["confusion"]:
            _print_confusion(result["confusion"])


def export(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="Where to write the ONNX file.")],
    version: Version = None,
    as_json: AsJson = False,
    server: Server = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Save a model as an ONNX file, with its scaling inside."""
    with connect(server, api_key) as client:
        published = client.version(model, version)
        content = client.onnx(model, str(published["version"]))
        _save(content, output)
        if as_json:
            print_json({"model": model, "version": published["version"], "path": str(output), **published["onnx"]})
            return
        difference = published["onnx"]["largest_difference"]
        remarks().print(f"{model} version {published['version']}: {len(content):,} bytes, differs by {difference:.1e}.")
        answers().print(str(output))


def _save(content: bytes, output: Path) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        complain(f"{output} cannot be written: {error.strerror}.")
        raise typer.Exit(1) from error


def _print_confusion(confusion: Mapping[str, Mapping[str, int]]) -> None:
    """A row for each true label, a column for each that was true or predicted; what never happened is 0."""
    labels = sorted({*confusion, *(label for row in confusion.values() for label in row)})
    answers().print()
    print_table(
        ("true, predicted", *labels),
        ((true, *(row.get(predicted, 0) for predicted in labels)) for true, row in confusion.items()),
    )


def _cases(
    client: "Client", model: str, version: str | None, file: Path, options: dict[str, str]
) -> Iterator[list[Any]]:
    """Cases as (channels, length) arrays, some at a time; a forecast begins behind the last steps of a series."""
    import numpy as np

    from service.domain.datasets import Limits, Precedent, Reading
    from service.ingest import read_series

    published = client.version(model, version)
    signature = published["signature"]
    precedent = Precedent(tuple(signature["channels"]), published["lineage"].get("reading", {}))
    asked = Reading.from_texts(options)
    series = read_series(file, asked, Limits(), filename=file.name, precedent=precedent).series
    window = signature["length"] if signature["task"] == "forecasting" else None
    first = -window if window else 0
    for start in range(0, series.cases, CASES_AT_ONCE):
        stop = min(start + CASES_AT_ONCE, series.cases)
        yield [np.ascontiguousarray(series.case(case)[first:].T) for case in range(start, stop)]


def _rows(predictions: "Sequence[Json]") -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
    """The columns that the model's task has, and the rows: one for each case, or for each channel of a forecast."""
    first, numbered = predictions[0], enumerate(predictions)
    if first.get("label") is not None:
        return ("case", "label", "probability"), (
            (case, p["label"], p["probabilities"][p["label"]]) for case, p in numbered
        )
    if first.get("value") is not None:
        return ("case", "value"), ((case, p["value"]) for case, p in numbered)
    if first.get("forecast") is not None:
        return ("case", "channel", "forecast"), (
            (case, channel, _some(steps)) for case, p in numbered for channel, steps in enumerate(p["forecast"])
        )
    shares = tuple(first["quantiles"])
    if not _is_of_channels(first["quantiles"][shares[0]]):
        return ("case", *shares), ((case, *p["quantiles"].values()) for case, p in numbered)
    return ("case", "channel", "quantile", "forecast"), (
        (case, channel, share, _some(steps))
        for case, p in numbered
        for share in shares
        for channel, steps in enumerate(p["quantiles"][share])
    )


def _is_of_channels(answer: object) -> bool:
    """Whether it is a forecast: a list of channels, and not a number or a list of these."""
    return isinstance(answer, list) and isinstance(answer[0], list)


def _some(steps: Sequence[float]) -> str:
    shown = "  ".join(f"{value:.4g}" for value in steps[:STEPS_SHOWN])
    return shown if len(steps) <= STEPS_SHOWN else f"{shown}  ..."
