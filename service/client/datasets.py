"""Calls about datasets."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from service.client.connection import Connection, Json, quoted


class DatasetCalls(Connection):
    """Upload, look at, compare and remove datasets."""

    def upload(self, path: Path, name: str, reading: Mapping[str, str] | None = None) -> Json:
        """Send a file as it is and keep it as a dataset; `reading` holds query parameters that say how to read it."""
        return self._send_file("/v1/datasets", path, {"name": name, **(reading or {})})

    def preview(self, path: Path, reading: Mapping[str, str] | None = None) -> Json:
        """What the service would understand of a file."""
        return self._send_file("/v1/datasets:preview", path, dict(reading or {}))

    def datasets(self) -> Iterator[Json]:
        """Every dataset, newest first."""
        return self._pages("/v1/datasets")

    def dataset(self, id_or_name: str) -> Json:
        """One dataset."""
        return self._json("GET", f"/v1/datasets/{quoted(id_or_name)}")

    def compare_datasets(self, id_or_name: str, other: str) -> Json:
        """What stands in both of two datasets, and what only one of them has."""
        return self._json("POST", f"/v1/datasets/{quoted(id_or_name)}:compare", json={"dataset": other})

    def remove_dataset(self, id_or_name: str) -> None:
        """Delete a dataset."""
        self._call("DELETE", f"/v1/datasets/{quoted(id_or_name)}")
