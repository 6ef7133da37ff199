"""A file to series: open, detect, read by the format's own reader, and remark on what came out."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TypeAlias, cast

from model.errors import InvalidSeries
from service.domain.datasets import Ingested, Limits, Precedent, Reading
from service.errors import Detail, Unreadable
from service.ingest.detection import HEAD, TEXTS, Format, begins_list, detect, several_objects
from service.ingest.examination import examine
from service.ingest.expansion import opened
from service.ingest.faults import fault
from service.ingest.options import require_understood
from service.ingest.parsed import Parsed
from service.ingest.source import Source
from service.ingest.utf8 import UTF16, as_utf8, check_utf8, is_utf16

Reader: TypeAlias = Callable[[Source], Parsed]

READERS: Mapping[Format, tuple[str, str]] = {
    Format.TS: ("service.ingest.ts", "read_ts"),
    Format.CSV: ("service.ingest.csv_table", "read_csv"),
    Format.TSV: ("service.ingest.csv_table", "read_csv"),
    Format.NPZ: ("service.ingest.npz", "read_npz"),
    Format.NPY: ("service.ingest.npz", "read_npy"),
    Format.ARFF: ("service.ingest.arff", "read_arff"),
    Format.NDJSON: ("service.ingest.ndjson", "read_ndjson"),
    Format.JSON: ("service.ingest.json_document", "read_json"),
    Format.PARQUET: ("service.ingest.columnar", "read_parquet"),
    Format.ARROW: ("service.ingest.columnar", "read_arrow"),
}
"""Modules and names, because pyarrow takes longer to import than the rest of the service: the first table loads it."""

LIST = ("service.ingest.ndjson", "read_list")
"""Of a JSON document that is a list of cases, or of rows."""


def read_series(
    path: Path,
    reading: Reading,
    limits: Limits,
    *,
    filename: str | None = None,
    content_type: str | None = None,
    precedent: Precedent | None = None,
) -> Ingested:
    """Read a file whole; Unreadable, UnsupportedFormat or TooLarge if that cannot be.

    `filename` and `content_type` are what the client said; they only help to name the format.
    precedent: of a file with cases for a model, how the model's own dataset was read: what it says holds where nothing
    is asked, and answers are passed over
    """
    with ExitStack() as stack:
        file = stack.enter_context(opened(path, limits))
        head = file.read(HEAD)
        if not head:
            raise Unreadable("The file is empty.", Detail("the file", "There is not a single byte in it."))
        notes: tuple[str, ...] = ()
        if is_utf16(head):
            file, notes = stack.enter_context(as_utf8(file, path.parent)), (UTF16,)
            head = file.read(HEAD)
        found = detect(head, reading.format, filename, content_type)
        if found is Format.JSON and reading.format is None and several_objects(file):
            found = Format.NDJSON
        rows = found is Format.JSON and begins_list(head)
        require_understood(Format.NDJSON if rows else found, reading)
        if found in TEXTS:
            check_utf8(file)
        file.seek(0)
        try:
            read = reader(found) if not rows else reader_of(*LIST)
            parsed = read(Source(file, reading, limits, path.parent, precedent))
        except InvalidSeries as error:
            raise fault("the series", error.message) from error
    if reading.format is not None:
        understood = parsed.reading
        told_format = {"format": found.value, **understood.parameters}
        parsed = replace(parsed, reading=replace(understood, parameters=told_format))
    examination = examine(parsed)
    told = tuple(finding.detail for finding in examination.findings)
    return Ingested(parsed.series, found.value, notes + parsed.notes + told, examination, parsed.case_rows)


def reader(found: Format) -> Reader:
    """The reader of a format, loaded now if it was not before."""
    return reader_of(*READERS[found])


def reader_of(module: str, name: str) -> Reader:
    """A reader by its module and its name there."""
    return cast("Reader", getattr(import_module(module), name))
