"""NDJSON: a JSON object a line, which is a case with its series and its answer, or a row of a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import orjson

from service.ingest import case_lines
from service.ingest.answers import as_labels, as_targets
from service.ingest.assembly import Steps, build_series, check_counts
from service.ingest.faults import Faults, fault, quote
from service.ingest.json_document import read_case, target_rows, width_of
from service.ingest.options import require_known
from service.ingest.parsed import Parsed
from service.ingest.repeated_names import refuse_repeated
from service.ingest.source import Source

Line: TypeAlias = tuple[int, Mapping[str, Any]]
FIELDS = ("series", "label", "target", "group")
AT_ONCE = 1 << 14
"""Rows of a table that become a batch."""


def read_ndjson(source: Source) -> Parsed:
    """Read a whole file; whether its lines are cases or rows is told by the first."""
    first = next(_objects(source), None)
    if first is None:
        raise fault("line 1", "There is not a single object.")
    if not isinstance(first[1].get("series"), list):
        return _read_rows(source)
    require_known(source.reading, (), "of lines that are whole cases")
    return _read_cases(source)


def _objects(source: Source) -> Iterator[Line]:
    """Every line's object, from the first on."""
    source.file.seek(0)
    for number, line in case_lines.lines(source.file, None):
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            reason = error.msg.partition(": line ")[0]
            raise fault(f"line {number}, column {error.colno}", f"This is no JSON: {reason}.") from None
        if not isinstance(found, dict):
            raise fault(f"line {number}", "A line is one object: a case, or a row of a table.")
        refuse_repeated(line, found, f"line {number}")
        yield number, found


def _read_cases(source: Source) -> Parsed:
    faults, limits = Faults(), source.limits
    steps: Steps | None = None
    names: Sequence[str] = ()
    lengths: list[int] = []
    numbers: list[int] = []
    answers: dict[str, list[Any]] = {}
    width = 0
    wanted = FIELDS[1:] if source.answered else ()
    for number, case in _objects(source):
        if steps is None:
            width = width_of(case["series"])
            steps, names = Steps(width, source), tuple(name for name in wanted if name in case)
            answers = {name: [] for name in names}
        unknown = next((name for name in case if name not in FIELDS), None)
        if unknown is not None:
            raise fault(f"line {number}", f"There is no field {quote(unknown)}; {', '.join(FIELDS)} are known.")
        check_counts(limits, cases=len(lengths) + 1)
        block = read_case(case.get("series"), f"line {number}, /series", width, faults)
        if block is not None:
            steps.append(block, faults, lambda step, channel, at=number: f"line {at}, /series/{channel}/{step}")  # type: ignore[misc]
            lengths.append(len(block))
            numbers.append(number)
        for name in wanted:
            if (name in case) != (name in names):
                sentence = f"The field {name} is {'there' if name in case else 'missing'}, unlike in the first case."
                faults.add(f"line {number}", sentence)
        for name in names:
            answers[name].append(case.get(name))
        if faults.full:
            break
    faults.raise_any()
    if steps is None:
        raise fault("line 1", "There is not a single case.")
    return _assembled(steps, lengths, numbers, answers, source)


def _assembled(
    steps: Steps, lengths: list[int], numbers: list[int], answers: Mapping[str, list[Any]], source: Source
) -> Parsed:
    faults = Faults()
    if "label" in answers and "target" in answers:
        raise fault(f"line {numbers[0]}", "A case has a label or a target, not both.")

    def at(name: str) -> Callable[[int], str]:
        return lambda case: f"line {numbers[case]}, /{name}"

    labels = as_labels(answers["label"], faults, at("label")) if "label" in answers else None
    groups = as_labels(answers["group"], faults, at("group"), "group") if "group" in answers else None
    targets = None
    if "target" in answers:
        targets = as_targets(target_rows(answers["target"], at("target")), faults, at("target"))
    faults.raise_any()
    series = build_series(steps.finish(), lengths, source.limits, labels=labels, targets=targets, groups=groups)
    return Parsed(series, rows=np.array(numbers), flattened=steps.precision.found(), targets=targets)


def _read_rows(source: Source) -> Parsed:
    """Rows of a table; its columns are the members of the first batch of rows."""
    from service.ingest.arrow_columns import Column, arrow_errors  # noqa: PLC0415 - pyarrow comes with the first table
    from service.ingest.first_rows import FirstRows  # noqa: PLC0415 - as above
    from service.ingest.json_rows import batch_of  # noqa: PLC0415 - as above
    from service.ingest.roles import Roles  # noqa: PLC0415 - as above
    from service.ingest.table import Table, read_table  # noqa: PLC0415 - as above

    rows = list(islice(_objects(source), AT_ONCE))
    names = list(dict.fromkeys(name for _, row in rows for name in row))

    def batches(roles: Roles) -> Iterator[Column]:
        lines = _objects(source)
        return (batch_of(some, names, roles.all) for some in iter(lambda: list(islice(lines, AT_ONCE)), []))

    with arrow_errors("table"):
        return read_table(Table(names, FirstRows(batch_of(rows, names)), batches), source)
