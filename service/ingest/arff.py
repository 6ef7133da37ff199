r"""Weka's text format as the UEA and UCR archives use it.

A univariate file has a numeric attribute for each step, and the answer last. A multivariate one has a relational
attribute whose rows, written in quotes with `\n` between them, are the channels.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.domain.datasets import Reading
from service.domain.reports import Role, Understanding
from service.errors import Detail, Unreadable
from service.ingest import case_lines
from service.ingest.assembly import Steps, build_series, check_counts, check_label, check_target
from service.ingest.faults import Faults, fault, quote
from service.ingest.number_text import no_number, parse_numbers
from service.ingest.options import ANSWER
from service.ingest.parsed import Parsed
from service.ingest.source import Source

ATTRIBUTE = re.compile(r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+)\s+(.+)", re.IGNORECASE | re.DOTALL)
FIELD = re.compile(rb"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)""")
NOMINAL = re.compile(FIELD.pattern.decode())
ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-7]{1,3}|.)", re.DOTALL)
"""What Weka writes within quotation marks for what cannot stand there: a letter, a code, or the character itself."""
LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
NUMERIC = frozenset({"numeric", "real", "integer"})
TARGETS = frozenset({"target", "class", "classattribute", "y", "targetvalue"})
MOST_ATTRIBUTES = 1_000_000


@dataclass(frozen=True)
class Attribute:
    """A column: `classes` are what a nominal one may hold, and are None where it is of another kind."""

    name: str
    kind: str
    classes: frozenset[str] | None = None


@dataclass
class Cases:
    """The cases read so far."""

    source: Source
    answer: int | None
    attributes: Sequence[Attribute]
    answered: bool
    faults: Faults = field(default_factory=Faults)
    steps: Steps | None = None
    channels: int = 0
    lengths: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    targets: list[float] = field(default_factory=list)

    @property
    def answered_by(self) -> Attribute | None:
        """The attribute that holds the labels or the targets."""
        return None if self.answer is None else self.attributes[self.answer]


def read_arff(source: Source) -> Parsed:
    """Read a whole file."""
    lines = case_lines.lines(source.file, b"%")
    attributes, last = _read_header(lines)
    reading = source.reading
    answered = source.answered and not _declined(reading)
    cases = Cases(source, _answer(attributes, reading), attributes, answered)
    for number, line in lines:
        _read_case(cases, number, line)
        last = number
        if cases.faults.full:
            break
    cases.faults.raise_any()
    if cases.steps is None:
        raise fault(f"line {last}", "The file ends without a single case after @data; was it cut off?")
    answer = cases.answered_by if answered else None
    targeted = answer is not None and answer.kind == "numeric"
    targets = np.array(cases.targets)[:, None] if targeted else None
    series = build_series(
        cases.steps.finish(),
        cases.lengths,
        source.limits,
        labels=cases.labels if answer is not None and not targeted else None,
        targets=targets,
    )
    understood, flattened = _understood(answer, reading), cases.steps.precision.found()
    return Parsed(series, rows=np.array(cases.lines), reading=understood, flattened=flattened, targets=targets)


def _declined(reading: Reading) -> bool:
    """Whether no answers are wanted."""
    return "" in {reading.label, reading.target} and not (reading.label or reading.target)


def _understood(answer: Attribute | None, reading: Reading) -> Understanding:
    if answer is None:
        return Understanding("cases", (), {role: "" for role in ANSWER if getattr(reading, role) == ""})
    role = "target" if answer.kind == "numeric" else "label"
    asked = answer.name in {reading.label, reading.target}
    return Understanding("cases", (Role(role, answer.name, "asked" if asked else "named"),), {role: answer.name})


def _read_header(lines: Iterator[tuple[int, bytes]]) -> tuple[list[Attribute], int]:
    """The attributes up to `@data`, those of a relation left out, and the number of its line."""
    found: list[Attribute] = []
    relation: str | None = None
    number = 1
    for number, raw in lines:
        line = raw.decode()
        key = line.split(maxsplit=1)[0].lower()
        if key == "@data":
            if not found:
                raise fault(f"line {number}", "No attribute is declared before @data.")
            return found, number
        if key == "@end":
            relation = None
        elif key == "@attribute":
            attribute = _attribute(line, number)
            if relation is None:
                found.append(attribute)
            if attribute.kind == "relational":
                relation = attribute.name
            if len(found) > MOST_ATTRIBUTES:
                raise fault(f"line {number}", f"There are more than {MOST_ATTRIBUTES} attributes.")
        elif key != "@relation":
            raise fault(f"line {number}", f"{quote(line)} stands before @data, where only @ and % lines belong.")
    raise fault(f"line {number}", "The file ends without an @data line; was it cut off?")


def _attribute(line: str, number: int) -> Attribute:
    match = ATTRIBUTE.fullmatch(line)
    if match is None:
        raise fault(f"line {number}", f"{quote(line)} is no @attribute NAME TYPE.")
    name, kind = _unquoted(match[1]), match[2].strip()
    if kind.startswith("{") and kind.endswith("}"):
        return Attribute(name, "nominal", frozenset(_classes(kind[1:-1])))
    word = kind.split()[0].lower()
    if word in NUMERIC:
        return Attribute(name, "numeric")
    if word in {"relational", "string"}:
        return Attribute(name, word)
    raise fault(f"line {number}", f"An attribute of type {quote(kind)} is not read; numeric, nominal, relational are.")


def _answer(attributes: Sequence[Attribute], reading: Reading) -> int | None:
    """The place of the attribute that answers for a case: the one asked for, or the last if it is none of the steps."""
    for role, name in (("label", reading.label), ("target", reading.target)):
        place = next((place for place, each in enumerate(attributes) if each.name == name), None) if name else None
        if name and place is None:
            message = f"There is no attribute {quote(name)}; the last is {quote(attributes[-1].name)}."
            raise Unreadable(message, Detail(f"/{role}", message))
        if place is not None:
            return place
    last = attributes[-1]
    if last.kind in {"nominal", "string"} or (last.kind == "numeric" and last.name.lower() in TARGETS):
        return len(attributes) - 1
    return len(attributes) - 1 if attributes[0].kind == "relational" and len(attributes) > 1 else None


def _read_case(cases: Cases, number: int, line: bytes) -> None:
    if line.startswith(b"{"):
        raise fault(f"line {number}", "Sparse rows are not read; write every value.")
    fields = _fields(line)
    if len(fields) != len(cases.attributes):
        sentence = f"The row has {len(fields)} fields, and {len(cases.attributes)} attributes are declared."
        cases.faults.add(f"line {number}", sentence)
        return
    answer = None if cases.answer is None else fields.pop(cases.answer)
    rest = [each for place, each in enumerate(cases.attributes) if place != cases.answer]
    other = next((each for each in rest if each.kind != rest[0].kind or each.kind in {"nominal", "string"}), None)
    if other is not None:
        raise fault(f"line {number}", f"The attribute {quote(other.name)} is neither a step nor the answer.")
    if rest[0].kind == "relational":
        channels = _unquoted(fields[0].decode()).encode().split(b"\n")
    else:
        channels = [b",".join(fields)]
    cases.channels = cases.channels or len(channels)
    if len(channels) != cases.channels:
        sentence = f"The number of channels is {len(channels)}; the first case has {cases.channels}."
        cases.faults.add(f"line {number}", sentence)
        return
    block = case_lines.read_values(channels, number, cases.faults)
    if block is None:
        return
    check_counts(cases.source.limits, cases=len(cases.lengths) + 1)
    cases.steps = cases.steps or Steps(cases.channels, cases.source)
    cases.steps.append(block, cases.faults, lambda step, channel: case_lines.place(number, channel, step))
    cases.lengths.append(len(block))
    cases.lines.append(number)
    if answer is not None and cases.answered:
        _read_answer(cases, answer, number)


def _read_answer(cases: Cases, text: bytes, number: int) -> None:
    attribute = cases.answered_by
    if attribute is None:
        return
    place = f"line {number}, attribute {quote(attribute.name)}"
    if attribute.kind == "numeric":
        found = parse_numbers(text)
        if found is None or len(found) != 1:
            cases.faults.add(place, no_number(text))
            return
        cases.targets.append(float(found[0]))
        sentence = check_target(cases.targets[-1])
    else:
        label = _unquoted(text.decode())
        cases.labels.append(label)
        sentence = check_label("" if text.strip() == b"?" else label)
        if sentence is None and attribute.classes is not None and label not in attribute.classes:
            sentence = f"{quote(label)} is not among the labels that @attribute declares."
    if sentence is not None:
        cases.faults.add(place, sentence)


def _fields(line: bytes) -> list[bytes]:
    """The fields of a row, quotation marks kept."""
    if b"'" not in line and b'"' not in line:
        return line.split(b",")
    fields, place = [], 0
    while place < len(line):
        match = FIELD.match(line, place)
        if match is None:
            return []
        fields.append(match[1])
        place = match.end()
    return fields


def _classes(text: str) -> Iterator[str]:
    """The values of a nominal attribute; what stands in quotation marks may hold commas."""
    place = 0
    while place < len(text):
        match = NOMINAL.match(text, place)
        if match is None:
            return
        yield _unquoted(match[1])
        place = match.end()


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return ESCAPED.sub(_character, text[1:-1])
    return text


def _character(escaped: re.Match[str]) -> str:
    """What a backslash and what follows it stand for."""
    code = escaped[1]
    if code[0] == "u" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if code.isdigit() and "8" not in code and "9" not in code else LETTERS.get(code, code)
