"""The UEA and UCR archives' text format, read line by line.

`#` comments, then a header of `@key value` lines, then `@data`, then one case a line: channels separated by `:`, values
by `,`, and the label or target last. Specified by what sktime, aeon and the archives themselves write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from model.data.series import Series
from service.ingest import case_lines
from service.ingest.assembly import Steps, build_series, check_counts, check_label, check_target
from service.ingest.faults import Faults, fault, quote
from service.ingest.number_text import no_number, parse_numbers
from service.ingest.parsed import Parsed
from service.ingest.source import Source

HEADER = re.compile(r"@\s*(\w+)\s*(.*)")
TIME_STAMPED = "Series with time stamps are not read; send values at equal steps, or a CSV file."


@dataclass
class Header:
    """What the lines before the data declared; labels and targets are never both expected."""

    labels: frozenset[str] | None = None
    labelled: bool = False
    targeted: bool = False
    dimensions: int | None = None
    length: int | None = None
    equal_length: bool | None = None


@dataclass
class Cases:
    """The cases read so far."""

    header: Header
    source: Source
    faults: Faults = field(default_factory=Faults)
    steps: Steps | None = None
    channels: int = 0
    lengths: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    targets: list[float] = field(default_factory=list)


def read_ts(source: Source) -> Parsed:
    """Read a whole file."""
    lines = case_lines.lines(source.file, b"#")
    header, last = _read_header(lines)
    cases = Cases(header, source)
    for number, line in lines:
        _read_case(cases, number, line)
        last = number
        if cases.faults.full:
            break
    cases.faults.raise_any()
    if cases.steps is None:
        raise fault(f"line {last}", "The file ends without a single case after @data; was it cut off?")
    targets = np.array(cases.targets)[:, None] if header.targeted and source.answered else None
    series = build_series(
        cases.steps.finish(),
        cases.lengths,
        source.limits,
        labels=cases.labels if header.labelled and source.answered else None,
        targets=targets,
    )
    notes, flattened = tuple(_contradictions(header, series)), cases.steps.precision.found()
    return Parsed(series, notes, rows=np.array(cases.lines), flattened=flattened, targets=targets)


def _read_header(lines: Iterator[tuple[int, bytes]]) -> tuple[Header, int]:
    """Read up to and with `@data`, and answer the number of its line."""
    header, number = Header(), 1
    for number, line in lines:
        match = HEADER.fullmatch(line.decode())
        if match is None:
            raise fault(f"line {number}", f"{quote(line)} stands before @data, where only @ and # lines belong.")
        key, value = match[1].lower(), match[2].strip()
        if key == "data":
            return header, number
        _declare(header, key, value, number)
    raise fault(f"line {number}", "The file ends without an @data line; was it cut off?")


def _declare(header: Header, key: str, value: str, number: int) -> None:
    """Take in one header line; keys that say nothing about the data are passed over."""
    place = f"line {number}"
    match key:
        case "timestamps":
            if _boolean(value, place):
                raise fault(place, TIME_STAMPED)
        case "dimensions" | "dimension":
            header.dimensions = _count(value, place)
        case "serieslength":
            header.length = _count(value, place)
        case "equallength":
            header.equal_length = _boolean(value, place)
        case "classlabel":
            first, *names = value.split() or [""]
            header.labelled = _boolean(first, place)
            header.labels = frozenset(names) or None
        case "targetlabel":
            header.targeted = _boolean(value.partition(" ")[0], place)
        case _:
            return
    if header.labelled and header.targeted:
        raise fault(place, "A file has class labels or a target label, not both.")


def _boolean(value: str, place: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise fault(place, f"{quote(value)} stands where true or false belongs.")
    return value.lower() == "true"


def _count(value: str, place: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise fault(place, f"{quote(value)} stands where a whole number belongs.")
    return int(value)


def _read_case(cases: Cases, number: int, line: bytes) -> None:
    """Read one line: the numbers of every channel in one go, then the label or target."""
    if b"(" in line:
        raise fault(
            f"line {number}", "Series with time stamps are not read; send values at equal steps, or a CSV file."
        )
    parts = line.split(b":")
    answer = parts.pop() if cases.header.labelled or cases.header.targeted else None
    cases.channels = cases.channels or cases.header.dimensions or len(parts)
    if len(parts) != cases.channels or not parts:
        cases.faults.add(f"line {number}", _wrong_channels(len(parts), cases))
        return
    block = case_lines.read_values(parts, number, cases.faults)
    if block is None:
        return
    check_counts(cases.source.limits, cases=len(cases.lengths) + 1)
    cases.steps = cases.steps or Steps(cases.channels, cases.source)
    cases.steps.append(block, cases.faults, lambda step, channel: case_lines.place(number, channel, step))
    cases.lengths.append(len(block))
    cases.lines.append(number)
    if answer is not None and cases.source.answered:
        _read_answer(cases, answer, f"line {number}")


def _read_answer(cases: Cases, answer: bytes, place: str) -> None:
    """Take in the label or the target of a case."""
    if cases.header.targeted:
        number = parse_numbers(answer)
        if number is None or len(number) != 1:
            cases.faults.add(f"{place}, target", no_number(answer))
            return
        cases.targets.append(float(number[0]))
        sentence = check_target(cases.targets[-1])
    else:
        label = answer.decode().strip()
        declared = cases.header.labels
        cases.labels.append(label)
        sentence = check_label(label)
        if sentence is None and declared is not None and label not in declared:
            sentence = f"{quote(label)} is not among the labels that @classLabel declares."
    if sentence is not None:
        cases.faults.add(place, sentence)


def _wrong_channels(count: int, cases: Cases) -> str:
    if not count:
        return "The case has an answer and no values."
    declared = "@dimensions declares" if cases.header.dimensions else "the first case has"
    return f"The number of channels is {count}; {declared} {cases.channels}."


def _contradictions(header: Header, series: Series) -> Iterator[str]:
    """What the header declared and the data do not keep, where nothing depends on it."""
    lengths = series.lengths
    if header.equal_length and not series.equal_length:
        yield f"@equalLength declares one length, and lengths run from {lengths.min()} to {lengths.max()}."
    if header.length and series.equal_length and header.length != lengths[0]:
        yield f"@seriesLength declares {header.length} steps, and the cases have {lengths[0]}."
    absent = sorted((header.labels or frozenset()) - set(series.classes or ())) if series.classes is not None else []
    if absent:
        yield f"Labels that are declared and never used: {len(absent)} ({', '.join(map(quote, absent[:5]))})."
