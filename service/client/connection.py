"""One server and the connections to it: what every call goes through."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from service.client.errors import ClientError, Unreachable, refused

Json = dict[str, Any]

TIMEOUT = httpx.Timeout(300.0, connect=5.0)
JSON = {"Content-Type": "application/json"}
UPLOAD = httpx.Timeout(3600.0, connect=5.0)


class Connection:
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

    def _send_file(self, url: str, path: Path, query: Mapping[str, str]) -> Json:
        with path.open("rb") as content:
            return self._json("POST", url, params=query, files={"file": (path.name, content)}, timeout=UPLOAD)

    def _pages(self, url: str, query: Mapping[str, str | None] | None = None) -> Iterator[Json]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._json("GET", url, params=given({**(query or {}), "cursor": cursor or None}))
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
            raise refused(response)
        return response

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        return Unreachable(f"No answer from {self.server} ({error}). Is it running? Start it with: wavetap serve")


def encoded(body: object) -> bytes:
    """JSON in which NumPy arrays, contiguous or not, are lists and NaN is null."""
    return orjson.dumps(body, default=lambda array: array.tolist(), option=orjson.OPT_SERIALIZE_NUMPY)


def given(values: Mapping[str, Any]) -> Json:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def idempotent(key: str | None) -> dict[str, str]:
    """The header that brings an Idempotency-Key, if there is one."""
    return given({"Idempotency-Key": key})


def quoted(name: str) -> str:
    """A name as one segment of a path, whatever it holds."""
    return quote(name, safe="")


def _bearer(api_key: str | None) -> dict[str, str]:
    """The header that brings a key, without the line end that a file leaves at it."""
    key = (api_key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ClientError("The API key holds characters that no header can carry.")
    return {"Authorization": f"Bearer {key}"} if key else {}
