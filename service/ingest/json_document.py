"""JSON: `{"series": [[[...]]], "labels": [...]}` or `"targets"`, optionally `"groups"` and `"channels"`; null: missing.

A case is a list of channels, a channel a list of numbers; a case of one channel may be the list of numbers itself.
"""

import gc
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy as np
import orjson

from service.errors import TooLarge, Unreadable
from service.ingest.answers import as_labels, as_targets
from service.ingest.assembly import Steps, build_series, check_counts
from service.ingest.faults import Faults, fault, quote
from service.ingest.number_text import Doubles
from service.ingest.parsed import Parsed
from service.ingest.repeated_names import refuse_repeated
from service.ingest.source import Source

LARGEST = 256 << 20
"""Bytes of a document at most: it is held in memory as objects, which take some ten times as much."""

FIELDS = ("series", "labels", "targets", "groups", "channels")
TAKEN = 'an object {"series": [...], "labels": [...]} is taken, or a list of rows [{"time": 0, "load": 1.5}, ...]'
NUMBERS = frozenset({int, float, type(None)})


def read_json(source: Source) -> Parsed:
    """Read a whole document."""
    document, limits = _parse(source.file), source.limits
    faults = Faults()
    cases = document.get("series")
    if not isinstance(cases, list) or not cases:
        raise fault("/series", "It must be a list with at least one case.")
    check_counts(limits, cases=len(cases))
    width = width_of(cases[0])
    steps, lengths = Steps(max(1, width), source), []
    for index, case in enumerate(cases):
        block = read_case(case, f"/series/{index}", width, faults)
        if block is not None:
            steps.append(block, faults, lambda step, channel, case=index: f"/series/{case}/{channel}/{step}")  # type: ignore[misc]
            lengths.append(len(block))
        if faults.full:
            break
    faults.raise_any()
    labels, targets = _read_answers(document, len(cases)) if source.answered else (None, None)
    channels = _read_channels(document, width)
    groups = _read_groups(document, len(cases)) if source.answered else None
    series = build_series(
        steps.finish(), lengths, limits, channels=channels, labels=labels, targets=targets, groups=groups
    )
    return Parsed(series, flattened=steps.precision.found(), targets=targets)


def list_of_objects(file: BinaryIO) -> list[dict[str, Any]]:
    """The objects of a document that is a list, each a case or a row of a table."""
    raw, found = _loaded(file)
    if not isinstance(found, list):
        raise Unreadable(f"The JSON document begins as a list; {TAKEN}.")
    strange = next((place for place, each in enumerate(found) if not isinstance(each, dict)), None)
    if strange is not None:
        raise fault(f"/{strange}", "In a list of cases, or of rows, each is an object.")
    refuse_repeated(raw, found, "the document")
    return found


def _parse(file: BinaryIO) -> dict[str, Any]:
    raw, document = _loaded(file)
    if not isinstance(document, dict):
        raise Unreadable(f"The JSON document holds something else than series or rows; {TAKEN}.")
    refuse_repeated(raw, document, "the document")
    unknown = [key for key in document if key not in FIELDS]
    if unknown:
        other = "" if "series" in document else f" Columns by name are not read; {TAKEN}."
        known = f"{', '.join(FIELDS)} are known."
        raise fault(f"/{unknown[0][:40]}", f"There is no field {quote(unknown[0])}; {known}{other}")
    if document.get("labels") is not None and document.get("targets") is not None:
        raise fault("/targets", "A document has labels or targets, not both.")
    return document


def _loaded(file: BinaryIO) -> tuple[bytes, Any]:
    file.seek(0)
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise TooLarge(f"The JSON document is longer than {LARGEST} bytes; send this much as npz or parquet.")
    searched = gc.isenabled()
    gc.disable()  # to look for garbage among millions of new lists takes five times as long as to make them
    try:
        return raw, orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise fault(f"line {error.lineno}, column {error.colno}", f"This is no JSON: {_reason(error.msg)}.") from None
    finally:
        if searched:
            gc.enable()


def _reason(message: str) -> str:
    return message.partition(": line ")[0]


def width_of(case: object) -> int:
    """How many channels a case has: as many as it has lists, or the one that it is."""
    return len(case) if isinstance(case, list) and _is_nested(case) else 1


def _is_nested(case: object) -> bool:
    return isinstance(case, list) and bool(case) and isinstance(case[0], list)


def read_case(case: object, place: str, width: int, faults: Faults) -> Doubles | None:
    """One case as (L, C) float64; None if there was a fault."""
    if not isinstance(case, list) or not case:
        faults.add(place, "A case is a list of channels, and has at least one step.")
        return None
    channels = case if _is_nested(case) else [case]
    if len(channels) != width:
        faults.add(place, f"The number of channels is {len(channels)}; the first case has {width}.")
        return None
    return _read_channels_of(channels, place, faults)


def _read_channels_of(channels: Sequence[Any], place: str, faults: Faults) -> Doubles | None:
    block = None
    for channel, values in enumerate(channels):
        here = f"{place}/{channel}"
        if not isinstance(values, list) or not values:
            faults.add(here, "A channel is a list of numbers, and has at least one.")
            return None
        if not set(map(type, values)) <= NUMBERS:
            _note_others(values, here, faults)
            return None
        if block is None:
            block = np.empty((len(values), len(channels)))
        if len(values) != len(block):
            sentence = f"Its length is {len(values)}, that of channel 0 is {len(block)}; "
            faults.add(here, sentence + "channels of a case share their steps.")
            return None
        block[:, channel] = values
    return block


def _note_others(values: Sequence[object], place: str, faults: Faults) -> None:
    """Note whatever is neither a number nor null; booleans are not numbers."""
    for step, value in enumerate(values):
        if type(value) not in NUMBERS:
            shown = quote(value) if isinstance(value, str) else f"A {type(value).__name__}"
            faults.add(f"{place}/{step}", f"{shown} stands where a number or null belongs.")
            if faults.full:
                return


def _read_answers(document: dict[str, Any], cases: int) -> tuple[list[str] | None, Doubles | None]:
    """Labels, or targets (N, D), or neither."""
    faults = Faults()
    labels: list[str] | None = None
    targets: Doubles | None = None
    for name in ("labels", "targets"):
        entries = _one_a_case(document, name, cases)
        if entries is None:
            continue
        if name == "labels":
            labels = as_labels(entries, faults, "/labels/{}".format)
        else:
            targets = as_targets(target_rows(entries), faults, "/targets/{}".format)
    faults.raise_any()
    return labels, targets


def _read_groups(document: dict[str, Any], cases: int) -> list[str] | None:
    """The group of each case, such as its subject."""
    entries = _one_a_case(document, "groups", cases)
    if entries is None:
        return None
    faults = Faults()
    groups = as_labels(entries, faults, "/groups/{}".format, "group")
    faults.raise_any()
    return groups


def _one_a_case(document: dict[str, Any], name: str, cases: int) -> list[Any] | None:
    entries = document.get(name)
    if entries is not None and (not isinstance(entries, list) or len(entries) != cases):
        found = f"{len(entries)} entries" if isinstance(entries, list) else "something else than a list"
        raise fault(f"/{name}", f"It holds {found} for {cases} cases; one each is needed.")
    return entries


def target_rows(entries: Sequence[Any], place: Callable[[int], str] = "/targets/{}".format) -> Doubles:
    """(N, D) float64 from numbers, or from lists of equally many numbers; `place` names where one stands."""
    rows = [entry if isinstance(entry, list) else [entry] for entry in entries]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]) or not row:
            raise fault(place(index), f"It has {len(row)} numbers where the first has {len(rows[0])}.")
        if not set(map(type, row)) <= {int, float}:
            raise fault(place(index), "A finite number belongs here.")
    return np.array(rows, np.float64)


def _read_channels(document: dict[str, Any], width: int) -> list[str] | None:
    names = document.get("channels")
    if names is None:
        return None
    if not isinstance(names, list) or len(names) != width or not all(isinstance(name, str) for name in names):
        raise fault("/channels", f"It must be a list of {width} names, one a channel.")
    return names
