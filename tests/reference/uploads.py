"""Reading bytes as if they had been uploaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from service.domain.datasets import Ingested, Limits, Reading
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
        **reading: Any,
    ) -> Ingested:
        path.write_bytes(content)
        asked = Reading(**reading)
        return read_series(path, asked, limits or Limits(), filename=filename, content_type=content_type)

    return read
