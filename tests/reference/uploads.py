"""Reading bytes as if they had been uploaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from service.domain.datasets import Ingested, Limits, Precedent, Reading
from service.domain.reports import Finding
from service.ingest import read_series

Read: TypeAlias = Callable[..., Ingested]
"""`read(b"...", filename="x.csv", limits=Limits(...), label="column")`."""

Compress: TypeAlias = Callable[[bytes], bytes]


def reader_of(path: Path) -> Read:
    """Read bytes by way of a file at this path."""

    def read(
        content: bytes,
        *,
        limits: Limits | None = None,
        filename: str | None = None,
        content_type: str | None = None,
        precedent: Precedent | None = None,
        **reading: Any,
    ) -> Ingested:
        path.write_bytes(content)
        asked, given = Reading(**reading), limits or Limits()
        said = {"filename": filename, "content_type": content_type}
        return read_series(path, asked, given, **said, precedent=precedent)

    return read


def told(found: Ingested, kind: str) -> list[Finding]:
    """The findings of a kind."""
    assert found.examination is not None
    return [finding for finding in found.examination.findings if finding.kind == kind]


def columns(found: Ingested) -> dict[str, tuple[str, str]]:
    """By role the column, and how sure that is."""
    assert found.examination is not None
    return {role.role: (role.column, role.certainty) for role in found.examination.reading.columns}


def csv(read: Read, text: str, **options: object) -> Ingested:
    """Read a table from its text."""
    return read(text.encode(), filename="x.csv", **options)
