"""Bytes to `Series`: every file that is read, and every reason not to, stands in this package."""

from service.ingest.reading import read_series

__all__ = ["read_series"]
