"""NumPy archives: `X` (cases, channels, length) or (cases, length), and `y` with one label or target a case.

Further arrays are understood: `lengths` (cases,) where cases are shorter than the array, `channels` with names, and
`groups` (cases,), which cases belong together. Of X_train, y_train, X_test and y_test the first two are read.
Without `lengths`, steps at the end of a case in which every channel is NaN are padding, as they are in predictions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from model.arrays import Array
from model.data.series import Series
from service.domain.datasets import Reading
from service.domain.reports import Certainty, Finding, FindingKind, Place, Role, Understanding
from service.errors import Detail, Unreadable
from service.ingest.answers import Answers, as_labels, as_targets, guess_answers
from service.ingest.assembly import build_series, check_counts
from service.ingest.dense import DenseArray, read_steps
from service.ingest.faults import Faults, fault, listed, quote
from service.ingest.npy import ByteStream, read_blocks, read_header
from service.ingest.number_text import Doubles
from service.ingest.options import ANSWER
from service.ingest.parsed import Parsed
from service.ingest.source import Source
from service.ingest.zip_directory import Member, expand, read_members

VALUES = ("X", "x", "series", "data", "arr_0")
ANSWERS = ("y", "Y", "labels", "label", "targets", "target", "arr_1")
PARTS = ("X_train", "x_train", "X_test", "x_test")
"""Series of a side of a split, with answers that are called alike; one side is a dataset."""
LABELS, TARGETS = frozenset({"labels", "label"}), frozenset({"targets", "target"})
OTHERS = frozenset({"lengths", "channels", "groups"})
BLOCK = 1 << 20


def read_npz(source: Source) -> Parsed:
    """Read an archive; its directory and its arrays' headers are checked before anything is expanded."""
    file, reading = source.file, source.reading
    members = read_members(file, source.limits)
    name = _find(members, None, (*VALUES, *PARTS))
    if name is None:
        raise Unreadable(f"The archive has no array X, nor X_train; it holds {_names(members)}.")
    values = _open(file, members[name], name)
    cases, channels, _ = values.shape
    if reading.label and reading.target:
        raise Unreadable("An archive has labels or targets, not both.", Detail("/target", "Ask for one of them."))
    asked = reading.label or reading.target
    declined = not source.answered or "" in {reading.label, reading.target}
    answer = None if declined and not asked else _find(members, asked, _answers_of(name))
    kind = Answers.LABELS if reading.label or answer in LABELS else None
    kind = Answers.TARGETS if reading.target or answer in TARGETS else kind
    answers = None if answer is None else _read_small(file, members[answer], answer, cases)
    lengths = _read_lengths(file, members, cases)
    names = _read_channels(file, members, channels)
    groups = _read_groups(file, members, cases) if source.answered else None
    parsed = _assemble(values, source, answers, kind, lengths, names, groups)
    unused = [each for each in members if each not in {name, answer, *OTHERS}]
    findings = (*parsed.findings, *_left_out(unused, name))
    return replace(parsed, findings=findings, reading=_understood(parsed.series, answer, kind, reading))


def _understood(series: Series, answer: str | None, kind: Answers | None, reading: Reading) -> Understanding:
    """What the answers were taken for, and the parameter that asks for that."""
    if answer is None:
        return Understanding("cases", (), {role: "" for role in ANSWER if getattr(reading, role) == ""})
    role, other = ("label", "target") if series.labels is not None else ("target", "label")
    certainty: Certainty = "asked" if getattr(reading, role) else "guessed" if kind is None else "named"
    alternatives = [] if certainty == "asked" else [f"{role}=: no answers at all."]
    if certainty == "guessed":
        alternatives.append(f"{other}={answer}: a {other} of each case instead of a {role}.")
    return Understanding("cases", (Role(role, answer, certainty),), {role: answer}, tuple(alternatives))


def read_npy(source: Source) -> Parsed:
    """Read a single array: series to be forecast."""
    file = source.file
    size = file.seek(0, 2)
    file.seek(0)
    stream = ByteStream(iter(lambda: file.read(BLOCK), b""))
    values = DenseArray(stream, read_header(stream, "the array", size), "X")
    return _assemble(values, source, None, None, None, None)


def _assemble(
    values: DenseArray,
    source: Source,
    answers: Array | None,
    kind: Answers | None,
    lengths: Array | None,
    names: tuple[str, ...] | None,
    groups: list[str] | None = None,
) -> Parsed:
    cases, channels, length = values.shape
    check_counts(source.limits, values=cases * channels * length, cases=cases, channels=channels)
    if lengths is not None and (lengths > length).any():
        raise fault(f"lengths[{int(np.argmax(lengths > length))}]", f"The array of the series has {length} steps.")
    faults = Faults()
    flat, known, flattened = read_steps(values, lengths, source, faults)
    labels: list[str] | None = None
    targets: Doubles | None = None
    notes: list[str] = []
    findings: list[Finding] = []
    if answers is not None:
        chosen = kind or guess_answers(answers)
        if chosen is Answers.LABELS:
            labels = as_labels(answers, faults, "y[{}]".format)
        else:
            targets = as_targets(answers, faults, "y[{}]".format)
            if kind is None:
                notes.append("y holds fractions, so it was read as a target; ask for labels by label=y.")
    faults.raise_any()
    padded = np.flatnonzero(known < length)
    if lengths is None and padded.size:
        sentence = f"Cases that end in steps without any value: {padded.size}; these steps were read as padding."
        first = Place(case=int(padded[0]), step=int(known[padded[0]]))
        findings.append(Finding(FindingKind.PADDING, len(padded), sentence, first))
    series = build_series(
        flat, known.tolist(), source.limits, channels=names, labels=labels, targets=targets, groups=groups
    )
    return Parsed(series, tuple(notes), tuple(findings), flattened=flattened, targets=targets)


def _open(file: BinaryIO, member: Member, name: str) -> DenseArray:
    stream = ByteStream(expand(file, member))
    return DenseArray(stream, read_header(stream, name, member.expanded), name)


def _read_small(file: BinaryIO, member: Member, name: str, rows: int) -> Array:
    """An array with one row a case (or a channel), whole."""
    values = _open(file, member, name)
    shape = values.header.shape
    if len(shape) not in {1, 2} or 0 in shape or shape[0] != rows:
        raise fault(name, f"It has shape {quote(str(shape))}, and {rows} entries are needed: one each.")
    return np.concatenate(list(read_blocks(values.stream, values.header)), axis=-1 if values.header.fortran else 0)


def _read_lengths(file: BinaryIO, members: Mapping[str, Member], cases: int) -> Array | None:
    if "lengths" not in members:
        return None
    lengths = _read_small(file, members["lengths"], "lengths", cases)
    if lengths.dtype.kind not in "iu" or lengths.ndim != 1:
        raise fault("lengths", "It must hold one whole number a case.")
    if (lengths < 1).any():
        raise fault(f"lengths[{int(np.argmax(lengths < 1))}]", "Every case has at least one step.")
    return lengths.astype(np.int64)


def _read_channels(file: BinaryIO, members: Mapping[str, Member], channels: int) -> tuple[str, ...] | None:
    if "channels" not in members:
        return None
    names = _read_small(file, members["channels"], "channels", channels)
    if names.dtype.kind != "U" or names.ndim != 1:
        raise fault("channels", "It must hold one text a channel.")
    return tuple(names.tolist())


def _read_groups(file: BinaryIO, members: Mapping[str, Member], cases: int) -> list[str] | None:
    if "groups" not in members:
        return None
    faults = Faults()
    groups = as_labels(_read_small(file, members["groups"], "groups", cases), faults, "groups[{}]".format, "group")
    faults.raise_any()
    return groups


def _answers_of(name: str) -> tuple[str, ...]:
    """What the array of answers may be called, by the name of the array of series."""
    return (f"y{name[1:]}", f"Y{name[1:]}") if name in PARTS else ANSWERS


def _left_out(names: list[str], values: str) -> Iterator[Finding]:
    """The arrays without a use."""
    if names:
        known = "X, y, lengths, channels and groups are read"
        if values in PARTS:
            known = f"{values} was read, and another side of the split is a dataset of its own, with X and y"
        sentence = f"Arrays without a use were left out: {listed(names)}; {known}."
        yield Finding(FindingKind.UNUSED, len(names), sentence, Place(column=names[0]))


def _find(members: Mapping[str, Member], wanted: str | None, usual: tuple[str, ...]) -> str | None:
    if wanted is not None:
        if wanted not in members:
            raise Unreadable(f"The archive has no array {quote(wanted)}; it holds {_names(members)}.")
        return wanted
    return next((name for name in usual if name in members), None)


def _names(members: Mapping[str, Member]) -> str:
    return ", ".join(quote(name) for name in list(members)[:10]) or "nothing"
