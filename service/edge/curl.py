"""Commands to copy and paste: each asks one model, in the shell that everybody has."""

import csv
import io
import json
import shlex
from collections.abc import Iterator

from service.domain.inference import INPUT
from service.edge.example import Example

END = "END"
CASE, STEP = "case", "step"


def commands(example: Example, base: str, *, keyed: bool) -> Iterator[tuple[str, str]]:
    """What each command shows, and the command; `keyed` ones bring the key of the caller's environment."""
    model, number = example.version.model, example.version.number
    predict, infer = f"{base}/v1/models/{model}:predict", f"{base}/v2/models/{model}/versions/{number}/infer"
    shape = [1, len(example.case), example.steps]
    tensor = {"name": INPUT, "shape": shape, "datatype": "FP32", "data": [example.case]}
    yield "Plain JSON", _post(predict, {"series": [example.case], "version": number}, keyed=keyed)
    table = _table(example)
    if table is not None:
        yield "A table, one row a step", _sent(f"{predict}?version={number}", "text/csv", table, keyed=keyed)
    yield "The Open Inference Protocol", _post(infer, {"inputs": [tensor]}, keyed=keyed)


def _post(url: str, body: object, *, keyed: bool) -> str:
    return _sent(url, "application/json", json.dumps(body), keyed=keyed)


def _sent(url: str, media_type: str, text: str, *, keyed: bool) -> str:
    """The text goes in as it stands: nothing between two quoted marks is expanded by a shell."""
    key = ' -H "Authorization: Bearer $WAVETAP_API_KEY"' if keyed else ""
    head = f"curl -sS -X POST {shlex.quote(url)}{key} -H {shlex.quote('Content-Type: ' + media_type)}"
    return f"{head} --data-binary @- <<'{END}'\n{text.rstrip()}\n{END}"


def _table(example: Example) -> str | None:
    """The case as CSV; None where a channel's name would not stand in one line, or is another column's."""
    channels = example.version.draft.signature.channels
    if not all(name.isprintable() and name.strip() for name in channels) or {CASE, STEP} & set(channels):
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([CASE, STEP, *channels])
    writer.writerows([0, step, *values] for step, values in enumerate(zip(*example.case, strict=True)))
    return text.getvalue()
