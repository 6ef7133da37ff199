"""NDJSON: a JSON object a line, which is a case with its series and its answer, or a row of a table.

A JSON document that is a list of such objects is read in the same way; it is held in memory as a whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import orjson

from service.ingest import case_lines
from service.ingest.answers import as_labels, as_targets
from service.ingest.assembly import Steps, build_series, check_counts
from service.ingest.faults import Faults, fault, quote
from service.ingest.json_document import list_of_objects, read_case, target_rows, width_of
from service.ingest.options import require_known
from service.ingest.parsed import Parsed
from service.ingest.repeated_names import refuse_repeated
from service.ingest.source import Source

Line: TypeAlias = tuple[int, Mapping[str, Any]]
FIELDS = ("series", "label", "target", "group")
AT_ONCE = 1 << 14
"""Rows of a table that become a batch."""


@dataclass(frozen=True)
class _Objects:
    """What a file holds one by one, as often as it is asked for; noun: what each of them is called with its number."""

    source: Source
    noun: str
    each: Callable[[], Iterator[Line]]

    def place(self, number: int) -> str:
        """How one of them is named."""
        return f"{self.noun} {number}"


def read_ndjson(source: Source) -> Parsed:
    """Read a whole file; whether its lines are cases or rows is told by the first."""
    return _read(_Objects(source, "line", lambda: _lines(source)))


def read_list(source: Source) -> Parsed:
    """Read a JSON document that is a list of cases or of rows."""
    objects = list_of_objects(source.file)
    return _read(_Objects(source, "object", lambda: enumerate(objects, 1)))


def _read(objects: _Objects) -> Parsed:
    first = next(objects.each(), None)
    if first is None:
        raise fault(objects.place(1), "There is not a single object.")
    if not isinstance(first[1].get("series"), list):
        return _read_rows(objects)
    require_known(objects.source.reading, (), f"of {objects.noun}s that are whole cases")
    return _read_cases(objects)


def _lines(source: Source) -> Iterator[Line]:
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


def _read_cases(objects: _Objects) -> Parsed:
    source, at = objects.source, objects.place
    faults, limits = Faults(), source.limits
    steps: Steps | None = None
    names: Sequence[str] = ()
    lengths: list[int] = []
    numbers: list[int] = []
    answers: dict[str, list[Any]] = {}
    width = 0
    wanted = FIELDS[1:] if source.answered else ()
    for number, case in objects.each():
        if steps is None:
            width = width_of(case["series"])
            steps, names = Steps(width, source), tuple(name for name in wanted if name in case)
            answers = {name: [] for name in names}
        unknown = next((name for name in case if name not in FIELDS), None)
        if unknown is not None:
            raise fault(at(number), f"There is no field {quote(unknown)}; {', '.join(FIELDS)} are known.")
        check_counts(limits, cases=len(lengths) + 1)
        here = f"{at(number)}, /series"
        block = read_case(case.get("series"), here, width, faults)
        if block is not None:
            steps.append(block, faults, lambda step, channel, case=here: f"{case}/{channel}/{step}")  # type: ignore[misc]
            lengths.append(len(block))
            numbers.append(number)
        for name in wanted:
            if (name in case) != (name in names):
                sentence = f"The field {name} is {'there' if name in case else 'missing'}, unlike in the first case."
                faults.add(at(number), sentence)
        for name in names:
            answers[name].append(case.get(name))
        if faults.full:
            break
    faults.raise_any()
    if steps is None:
        raise fault(at(1), "There is not a single case.")
    return _assembled(steps, lengths, numbers, answers, objects)


def _assembled(
    steps: Steps, lengths: list[int], numbers: list[int], answers: Mapping[str, list[Any]], objects: _Objects
) -> Parsed:
    faults = Faults()
    if "label" in answers and "target" in answers:
        raise fault(objects.place(numbers[0]), "A case has a label or a target, not both.")

    def at(name: str) -> Callable[[int], str]:
        return lambda case: f"{objects.place(numbers[case])}, /{name}"

    labels = as_labels(answers["label"], faults, at("label")) if "label" in answers else None
    groups = as_labels(answers["group"], faults, at("group"), "group") if "group" in answers else None
    targets = None
    if "target" in answers:
        targets = as_targets(target_rows(answers["target"], at("target")), faults, at("target"))
    faults.raise_any()
    limits = objects.source.limits
    series = build_series(steps.finish(), lengths, limits, labels=labels, targets=targets, groups=groups)
    return Parsed(series, rows=np.array(numbers), flattened=steps.precision.found(), targets=targets)


def _read_rows(objects: _Objects) -> Parsed:
    """Rows of a table; its columns are the members of the first batch of rows."""
    from service.ingest.arrow_columns import Column, arrow_errors  # noqa: PLC0415 - pyarrow comes with the first table
    from service.ingest.first_rows import FirstRows  # noqa: PLC0415 - as above
    from service.ingest.json_rows import batch_of  # noqa: PLC0415 - as above
    from service.ingest.roles import Roles  # noqa: PLC0415 - as above
    from service.ingest.table import Table, read_table  # noqa: PLC0415 - as above

    rows = list(islice(objects.each(), AT_ONCE))
    names = list(dict.fromkeys(name for _, row in rows for name in row))

    def batches(roles: Roles) -> Iterator[Column]:
        each = objects.each()
        batches = iter(lambda: list(islice(each, AT_ONCE)), [])
        return (batch_of(some, names, objects.place, roles.all) for some in batches)

    with arrow_errors("table"):
        return read_table(Table(names, FirstRows(batch_of(rows, names, objects.place)), batches), objects.source)
