"""Calls about models: their versions and aliases, and what they answer."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from service.client.connection import JSON, Connection, Json, encoded, idempotent, quoted


class ModelCalls(Connection):
    """Look at, promote, annotate, download, ask and remove models."""

    def models(self) -> Iterator[Json]:
        """Every model, newest first."""
        return self._pages("/v1/models")

    def model(self, name: str) -> Json:
        """One model."""
        return self._json("GET", f"/v1/models/{quoted(name)}")

    def version(self, name: str, version: str | None = None) -> Json:
        """One version of a model; the newest if none is named."""
        return self._json("GET", f"/v1/models/{quoted(name)}/versions/{self._number(name, version)}")

    def remove_model(self, name: str, version: str | None = None) -> None:
        """Delete a model, or one of its versions."""
        self._call("DELETE", self._place(name, version))

    def annotate(self, name: str, changes: Mapping[str, Any], version: str | None = None) -> Json:
        """Change the notes and tags of a model, or of one of its versions."""
        return self._json("PATCH", self._place(name, version), json=changes)

    def reproduce(self, name: str, version: str | None = None, key: str | None = None) -> Json:
        """Queue a job that trains a version again and compares the weights."""
        url = f"/v1/models/{quoted(name)}/versions/{self._number(name, version)}:reproduce"
        return self._json("POST", url, headers=idempotent(key))

    def alias(self, name: str, alias: str) -> Json:
        """Where an alias points, and its story."""
        return self._json("GET", self._alias(name, alias))

    def point(self, name: str, alias: str, version: int | str) -> Json:
        """Promote: point an alias at a version, or where another alias points."""
        return self._json("PUT", self._alias(name, alias), json={"version": version})

    def roll_back(self, name: str, alias: str, key: str | None = None) -> Json:
        """Point an alias where it pointed before."""
        return self._json("POST", f"{self._alias(name, alias)}:rollback", headers=idempotent(key))

    def remove_alias(self, name: str, alias: str) -> None:
        """Forget an alias."""
        self._call("DELETE", self._alias(name, alias))

    def onnx(self, name: str, version: str | None = None) -> bytes:
        """The ONNX file of a version; the newest if none is named."""
        return self._call("GET", f"/v1/models/{quoted(name)}/versions/{self._number(name, version)}/onnx").content

    def predict(self, name: str, series: Any, version: str | None = None) -> Json:  # noqa: ANN401 - lists or arrays
        """Predict cases, each (channels, length): nested lists or float arrays; NaN and None are missing values."""
        body = {"series": series} if version is None else {"series": series, "version": version}
        return self._json("POST", f"/v1/models/{quoted(name)}:predict", content=encoded(body), headers=JSON)

    def evaluate(self, name: str, dataset: str, version: str | None = None) -> Json:
        """Judge a model by a dataset."""
        body = {"dataset": dataset} if version is None else {"dataset": dataset, "version": version}
        return self._json("POST", f"/v1/models/{quoted(name)}:evaluate", json=body)

    def infer(self, name: str, request: Mapping[str, Any]) -> Json:
        """One inference in the Open Inference Protocol's JSON."""
        return self._json("POST", f"/v2/models/{quoted(name)}/infer", content=encoded(request), headers=JSON)

    def ready(self) -> bool:
        """Whether the service takes requests."""
        try:
            return self._http.get("/v2/health/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _place(self, name: str, version: str | None) -> str:
        return f"/v1/models/{quoted(name)}" + (f"/versions/{quoted(version)}" if version else "")

    def _alias(self, name: str, alias: str) -> str:
        return f"/v1/models/{quoted(name)}/aliases/{quoted(alias)}"

    def _number(self, name: str, version: str | None) -> str:
        return quoted(version) if version else str(self.model(name)["latest"]["version"])
