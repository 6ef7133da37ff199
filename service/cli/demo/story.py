"""The demo from its beginning to its end."""

import contextlib
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.demo import ways
from service.cli.demo.bundled import split
from service.cli.progress import follow, outcome
from service.client import Client, Json
from service.domain.datasets import Limits, Reading
from service.ephemeral import Running, service
from service.ingest import read_series

PROBLEM = "BasicMotions"
MODEL = "motions"
LEAST_ACCURACY = 0.95
LARGEST_DIFFERENCE = 1e-4
REPEATS = 20


class DemoFailed(Exception):
    """Something was worse than it must be."""


@dataclass(frozen=True)
class Answer:
    """What one way gave: for all cases the probabilities, and the milliseconds that one case took."""

    probabilities: ways.Array
    milliseconds: float


def tell(output: Path) -> None:
    """Run the demo; DemoFailed if the network is poor or its answers differ."""
    console = Console(highlight=False)
    output.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wavetap-")))
        with console.status("starting the service"):
            running = stack.enter_context(service(data, output / "service.log"))
        _step(
            console, "service", f"ready in {running.seconds_to_ready:.1f} s: REST {running.rest}, gRPC {running.grpc}"
        )
        with Client(running.rest) as client:
            job = _train(console, client)
            accuracy = _evaluate(console, client)
            path = _export(console, client, output)
            difference = _compare(console, client, running, path, job)
    _step(console, "total", f"{time.monotonic() - started:.0f} s")
    ends = f"\nThe ONNX file: {path.resolve()}\nThe service's log: {(output / 'service.log').resolve()}"
    console.print(ends, markup=False, soft_wrap=True)
    judge(accuracy, difference)


def judge(accuracy: float, difference: float) -> None:
    """DemoFailed if the network is poor, or if its answers differ, or are no numbers."""
    if not accuracy >= LEAST_ACCURACY:
        raise DemoFailed(f"The accuracy on the test split is {accuracy:.3f}, less than {LEAST_ACCURACY}.")
    if not difference <= LARGEST_DIFFERENCE:
        raise DemoFailed(f"The answers differ by {difference:.1e}, more than {LARGEST_DIFFERENCE:.0e}.")


def _train(console: Console, client: Client) -> Json:
    dataset = client.upload(split(PROBLEM, "TRAIN"), f"{PROBLEM}-train")
    steps, labels = dataset["length"]["max"], ", ".join(dataset["labels"])
    _step(
        console,
        "dataset",
        f"{PROBLEM}: {dataset['cases']} cases, {len(dataset['channels'])} channels of {steps} steps ({labels})",
    )
    started = time.monotonic()
    job = follow(client, client.submit({"model": MODEL, "dataset": dataset["id"]}), console)
    failure = outcome(job)
    if failure is not None:
        raise DemoFailed(failure)
    _step(
        console,
        "training",
        f"{job['epoch']} epochs in {time.monotonic() - started:.1f} s: {MODEL} version {job['version']}",
    )
    return job


def _evaluate(console: Console, client: Client) -> float:
    dataset = client.upload(split(PROBLEM, "TEST"), f"{PROBLEM}-test")
    result = client.evaluate(MODEL, dataset["id"])
    accuracy = float(result["metrics"]["accuracy"])
    cases = f" on the {result['cases']} cases of the test split"
    _step(console, "accuracy", Text.assemble((f"{accuracy:.3f}", "bold green"), cases))
    return accuracy


def _export(console: Console, client: Client, output: Path) -> Path:
    path = output / f"{MODEL}.onnx"
    path.write_bytes(client.onnx(MODEL))
    _step(console, "export", f"{path} ({path.stat().st_size:,} bytes), scaling and labels inside")
    return path


def _compare(console: Console, client: Client, running: Running, path: Path, job: Json) -> float:
    """Ask all four ways and print a table; answers the largest difference of any from the first."""
    version = client.version(MODEL, str(job["version"]))
    series = read_series(split(PROBLEM, "TEST"), Reading(format="ts"), Limits()).series
    cases = np.stack([series.case(case).T for case in range(series.cases)])
    classes = version["signature"]["classes"]
    with ways.insecure_channel(running.grpc) as channel:
        answers = {
            "REST, plain JSON": _ask(ways.plain_rest(client, MODEL, classes), cases),
            "REST, inference protocol": _ask(ways.protocol_rest(client, MODEL), cases),
            "gRPC, inference protocol": _ask(ways.protocol_grpc(channel, MODEL), cases),
            "ONNX Runtime": _ask(ways.onnx_runtime(path), cases),
        }
    largest = differences(answers)
    table = Table(
        title=f"\nThe first test case, four ways; differences over all {len(cases)}", title_justify="left", box=None
    )
    for column, justify in (
        ("way", "left"),
        ("label", "left"),
        ("probability", "right"),
        ("ms", "right"),
        ("difference", "right"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # literals above
    for way, answer in answers.items():
        first = answer.probabilities[0]
        label, probability = classes[int(first.argmax())], f"{first.max():.6f}"
        table.add_row(way, label, probability, f"{answer.milliseconds:.2f}", f"{largest[way]:.1e}")
    console.print(table)
    console.print()
    return max(largest.values())


def _ask(way: ways.Way, cases: ways.Array) -> Answer:
    probabilities = way(cases)
    started = time.perf_counter()
    for _ in range(REPEATS):
        way(cases[:1])
    return Answer(probabilities, (time.perf_counter() - started) / REPEATS * 1e3)


def differences(answers: Mapping[str, Answer]) -> dict[str, float]:
    """How far each way is from the first, at most."""
    first = next(iter(answers.values())).probabilities
    return {way: float(np.abs(answer.probabilities - first).max()) for way, answer in answers.items()}


def _step(console: Console, name: str, text: str | Text) -> None:
    console.print(Text.assemble((f"{name:>9}", "bold cyan"), "  ", text), soft_wrap=True)
