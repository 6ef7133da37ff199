"""Which bodies `:predict` takes: JSON, or a file that says by its content type what it is."""

from collections.abc import Mapping

from fastapi import Request

from service.errors import UnsupportedFormat
from service.ingest.detection import Format
from service.rest.answers import JSON, Description

FILES: Mapping[str, Format | None] = {
    "text/csv": Format.CSV,
    "text/tab-separated-values": Format.TSV,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/x-npy": Format.NPY,
    "application/x-npz": Format.NPZ,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/vnd.apache.arrow.file": Format.ARROW,
    "application/vnd.apache.arrow.stream": Format.ARROW,
    "application/octet-stream": None,
}
"""The format behind a media type; None where the file's first bytes must tell."""

UNCOMPRESSED = {"", "identity"}


def is_file(request: Request) -> bool:
    """Whether the body is a file and not JSON; UnsupportedFormat if it is neither, or compressed in transit."""
    said = media_type(request)
    if said == JSON or said.endswith("+json"):
        return False
    if said not in FILES:
        raise UnsupportedFormat(f"The body is JSON or a file, and its Content-Type one of {JSON}, {', '.join(FILES)}.")
    if request.headers.get("content-encoding", "").strip().lower() not in UNCOMPRESSED:
        raise UnsupportedFormat("Send the file without Content-Encoding; it may itself be compressed by gzip or zstd.")
    return True


def media_type(request: Request) -> str:
    """The Content-Type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def described() -> Description:
    """The contents of a file's body, for the interface's description."""
    return {name: {"schema": {"type": "string", "format": "binary"}} for name in FILES}
