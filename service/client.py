"""The REST interface as Python calls: what the command line, the demo and the examples speak through.

ClientError              anything below, in one sentence for a person
├── Unreachable          no answer came at all
└── Refused              the service answered with a problem: its status, code and details
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from service.client_events import Event, events

Json = dict[str, Any]

TIMEOUT = httpx.Timeout(300.0, connect=5.0)
JSON = {"Content-Type": "application/json"}
UPLOAD = httpx.Timeout(3600.0, connect=5.0)
SILENCE = httpx.Timeout(60.0, connect=5.0)
"""The service sends a sign of life on an event stream more often than this."""
RETRIES, RETRY_SECONDS = 120, 0.5

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


class ClientError(Exception):
    """A call did not succeed."""


class Unreachable(ClientError):
    """No answer came at all."""


class Refused(ClientError):
    """The service answered with a problem."""

    def __init__(self, status: int, problem: Json) -> None:
        """Take the status and the members of the problem."""
        sentence = problem.get("detail") or problem.get("error") or f"The service answered {status}."
        faults = [
            f"{fault['pointer']}: {fault['detail']}"
            for fault in problem.get("errors", ())
            if fault["detail"] != sentence
        ]
        ClientError.__init__(self, " ".join([sentence, *faults]))
        self.status = status
        self.problem = problem


class Client:
    """Calls one server; owns its connections."""

    def __init__(
        self,
        server: str,
        api_key: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the server's URL, and the key if it wants one; the others stand in for the network and for time."""
        self.server = server.rstrip("/")
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self.server,
            headers=_bearer(api_key),
            timeout=TIMEOUT,
            transport=transport,
            trust_env=httpx.URL(self.server).host not in {"127.0.0.1", "localhost", "::1"},
        )

    def __enter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # Datasets

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

    # Training jobs

    def submit(self, request: Mapping[str, Any]) -> Json:
        """Queue a training job."""
        return self._json("POST", "/v1/training-jobs", json=request)

    def jobs(self) -> Iterator[Json]:
        """Every job, newest first."""
        return self._pages("/v1/training-jobs")

    def job(self, identifier: str) -> Json:
        """One job with its history."""
        return self._json("GET", f"/v1/training-jobs/{quoted(identifier)}")

    def cancel(self, identifier: str) -> Json:
        """Ask for a job's end."""
        return self._json("POST", f"/v1/training-jobs/{quoted(identifier)}:cancel")

    def resume(self, identifier: str, epochs: int | None = None) -> Json:
        """Let an ended job go on from its checkpoint."""
        return self._json(
            "POST", f"/v1/training-jobs/{quoted(identifier)}:resume", json={"epochs": epochs} if epochs else {}
        )

    def follow(self, identifier: str) -> Iterator[Event]:
        """A job's events from first to last, each once; a service that is away for a minute is waited for.

        A job that was resumed has had an end before: its last event is the end behind which the stream stops.
        """
        last, retries = Event(0, "", {}), RETRIES
        while True:
            try:
                for event in self._events(identifier, last.sequence):
                    yield event
                    last, retries = event, RETRIES
                if last.kind == "end":
                    return
            except Unreachable:
                if retries == 0:
                    raise
                retries -= 1
            self._sleep(RETRY_SECONDS)

    # Models

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

    def reproduce(self, name: str, version: str | None = None) -> Json:
        """Queue a job that trains a version again and compares the weights."""
        return self._json("POST", f"/v1/models/{quoted(name)}/versions/{self._number(name, version)}:reproduce")

    def alias(self, name: str, alias: str) -> Json:
        """Where an alias points, and its story."""
        return self._json("GET", self._alias(name, alias))

    def point(self, name: str, alias: str, version: int | str) -> Json:
        """Promote: point an alias at a version, or where another alias points."""
        return self._json("PUT", self._alias(name, alias), json={"version": version})

    def roll_back(self, name: str, alias: str, key: str | None = None) -> Json:
        """Point an alias where it pointed before."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._json("POST", f"{self._alias(name, alias)}:rollback", headers=headers)

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

    def _send_file(self, url: str, path: Path, query: Mapping[str, str]) -> Json:
        with path.open("rb") as content:
            return self._json("POST", url, params=query, files={"file": (path.name, content)}, timeout=UPLOAD)

    def _pages(self, url: str) -> Iterator[Json]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._json("GET", url, params={"cursor": cursor} if cursor else {})
            yield from page["items"]
            cursor = page["next_cursor"]

    def _json(self, method: str, url: str, **options: Any) -> Json:  # noqa: ANN401 - httpx's own options
        content: Json = self._call(method, url, **options).json()
        return content

    def _call(self, method: str, url: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        try:
            response = self._http.request(method, url, **options)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if response.is_error:
            raise _refused(response)
        return response

    def _events(self, identifier: str, seen: int) -> Iterator[Event]:
        url, headers = f"/v1/training-jobs/{quoted(identifier)}/events", {"Last-Event-ID": str(seen)}
        try:
            with self._http.stream("GET", url, headers=headers, timeout=SILENCE) as response:
                if response.is_error:
                    response.read()
                    raise _refused(response)
                yield from events(response.iter_bytes())
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        return Unreachable(f"No answer from {self.server} ({error}). Is it running? Start it with: wavetap serve")


def encoded(body: object) -> bytes:
    """JSON in which NumPy arrays, contiguous or not, are lists and NaN is null."""
    return orjson.dumps(body, default=lambda array: array.tolist(), option=orjson.OPT_SERIALIZE_NUMPY)


def quoted(name: str) -> str:
    """A name as one segment of a path, whatever it holds."""
    return quote(name, safe="")


def _bearer(api_key: str | None) -> dict[str, str]:
    """The header that brings a key, without the line end that a file leaves at it."""
    key = (api_key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ClientError("The API key holds characters that no header can carry.")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _refused(response: httpx.Response) -> Refused:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    return Refused(response.status_code, problem if isinstance(problem, dict) else {})
