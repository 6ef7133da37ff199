"""Which format a file is in: what was said of it, and what its first bytes say.

Signatures come first, because they cannot be mistaken: an archive called `.csv` is an archive. Text has no signature,
so there a stated format, the file's name and its content type decide, in that order, and a look at the text comes last.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO

from service.errors import Detail, UnsupportedFormat
from service.ingest.faults import fault, quote
from service.ingest.spaced_text import is_column, is_spaced_text

HEAD = 4096
"""Bytes that detection looks at."""


class Format(StrEnum):
    """The formats that are read, by the names that `format=` takes."""

    TS = "ts"
    CSV = "csv"
    TSV = "tsv"
    NPZ = "npz"
    NPY = "npy"
    ARFF = "arff"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW = "arrow"


ACCEPTED = (
    "ts, arff, csv, tsv, npz, npy, json, ndjson, parquet and arrow are read, each also compressed by gzip or zstd"
)

SIGNATURES: Mapping[bytes, Format] = {
    b"PK\x03\x04": Format.NPZ,
    b"PK\x05\x06": Format.NPZ,
    b"\x93NUMPY": Format.NPY,
    b"PAR1": Format.PARQUET,
    b"ARROW1": Format.ARROW,
    b"\xff\xff\xff\xff": Format.ARROW,
}

REFUSED: Mapping[bytes, str] = {
    b"\x80\x02": "a Python pickle, which can run code",
    b"\x80\x03": "a Python pickle, which can run code",
    b"\x80\x04": "a Python pickle, which can run code",
    b"\x80\x05": "a Python pickle, which can run code",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB": "a MATLAB file",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"FEA1": "a Feather file of version 1",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"PAR2": "a recovery volume",
    b"PARE": "an encrypted Parquet file",
}

SUFFIXES: Mapping[str, Format] = {
    ".ts": Format.TS,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".npz": Format.NPZ,
    ".npy": Format.NPY,
    ".arff": Format.ARFF,
    ".json": Format.JSON,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".arrows": Format.ARROW,
    ".feather": Format.ARROW,
    ".ipc": Format.ARROW,
}

COMPRESSED = frozenset({".gz", ".zst", ".gzip", ".zstd"})

CONTENT_TYPES: Mapping[str, Format] = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "text/tab-separated-values": Format.TSV,
    "application/json": Format.JSON,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/vnd.apache.arrow.file": Format.ARROW,
    "application/vnd.apache.arrow.stream": Format.ARROW,
}

TEXTS = frozenset({Format.TS, Format.ARFF, Format.CSV, Format.TSV, Format.JSON, Format.NDJSON})

PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth"})

TS_HEADER = re.compile(
    rb"^@\s*(problemname|timestamps|classlabel|targetlabel|univariate|data)\b", re.IGNORECASE | re.MULTILINE
)


ARFF_HEADER = re.compile(rb"\A(?:\s*%[^\n]*\n)*\s*@relation\s", re.IGNORECASE)


LIST_OF_OBJECTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{")


def detect(head: bytes, stated: str | None, filename: str | None, content_type: str | None) -> Format:
    """Name the format of a file that begins with `head`; UnsupportedFormat if it is none that is read."""
    wanted = parse_format(stated)
    _refuse_known(head, filename)
    signed = next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), None)
    if signed is not None:
        if wanted is not None and wanted is not signed:
            raise fault("the beginning of the file", f"This is no {wanted} file: it begins as {signed} files do.")
        return signed
    claimed = wanted or _by_name(filename) or _by_content_type(content_type)
    if claimed is not None and claimed not in TEXTS:
        raise fault("the beginning of the file", f"A {claimed} file begins with other bytes; is the file whole?")
    found = claimed or _by_text(head)
    if found is None:
        raise UnsupportedFormat(f"The file is in no format that is known here; {ACCEPTED}.")
    return found


def several_objects(file: BinaryIO, longest: int = 32 << 20) -> bool:
    """Whether a file of JSON has an object in its first line and another in the next: NDJSON under no name."""
    file.seek(0)
    first, second = file.readline(longest).strip(), file.readline(longest).lstrip()
    return first.endswith(b"}") and second.startswith(b"{")


def begins_list(head: bytes) -> bool:
    """Whether a JSON document begins as a list of objects does."""
    return LIST_OF_OBJECTS.match(head) is not None


def parse_format(stated: str | None) -> Format | None:
    """Understand a `format=`; UnsupportedFormat if there is no such format."""
    if stated is None:
        return None
    try:
        return Format(stated.strip().lower())
    except ValueError:
        message = f"There is no format {quote(stated)}; {ACCEPTED}."
        raise UnsupportedFormat(message, Detail("/format", message)) from None


def _refuse_known(head: bytes, filename: str | None) -> None:
    suffix = PurePath(filename or "").suffix.lower()
    known = next((what for signature, what in REFUSED.items() if head.startswith(signature)), None)
    if known is None and suffix in PICKLE_SUFFIXES:
        known = "a Python pickle, which can run code"
    if known is None and head.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head:
        known = "an office document"
    if known is not None:
        raise UnsupportedFormat(f"The file is {known}, and such files are not read; {ACCEPTED}.")


def _by_name(filename: str | None) -> Format | None:
    path = PurePath(filename or "")
    if path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix.lower())


def _by_content_type(content_type: str | None) -> Format | None:
    return CONTENT_TYPES.get((content_type or "").partition(";")[0].strip().lower())


def _by_text(head: bytes) -> Format | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\x00" in head:
        return None
    if text[:1] in {b"{", b"["}:
        return Format.JSON
    if ARFF_HEADER.search(text):
        return Format.ARFF
    if text[:1] in {b"@", b"#"} and TS_HEADER.search(text):
        return Format.TS
    lines = (line for line in text.split(b"\n") if line.strip() and not line.startswith(b"#"))
    first_line = next(lines, b"")
    if b"\t" in first_line and b"," not in first_line:
        return Format.TSV
    separated = any(mark in first_line for mark in (b",", b";", b"|"))
    separated = separated or is_column(text) or is_spaced_text(text)
    return Format.CSV if separated else None
