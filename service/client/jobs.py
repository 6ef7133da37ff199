"""Calls about training jobs."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from service.client.connection import Connection, Json, given, idempotent, quoted
from service.client.errors import Refused, Unreachable, refused
from service.client.events import Event, events

SILENCE = httpx.Timeout(60.0, connect=5.0)
"""The service sends a sign of life on an event stream more often than this."""
RETRIES, RETRY_SECONDS = 120, 0.5
AWAY = httpx.codes.SERVICE_UNAVAILABLE
"""What the service answers while it starts or ends, and while its database is away."""


class JobCalls(Connection):
    """Submit, look at, follow, cancel and resume training jobs."""

    def submit(self, request: Mapping[str, Any], key: str | None = None) -> Json:
        """Queue a training job; the same Idempotency-Key and request, sent again, answer the job they made."""
        return self._json("POST", "/v1/training-jobs", json=request, headers=idempotent(key))

    def jobs(self, state: str | None = None, model: str | None = None) -> Iterator[Json]:
        """Every job, newest first; only those in a state, or of a model, if one is named."""
        return self._pages("/v1/training-jobs", {"state": state, "model": model})

    def job(self, identifier: str) -> Json:
        """One job with its history."""
        return self._json("GET", f"/v1/training-jobs/{quoted(identifier)}")

    def cancel(self, identifier: str) -> Json:
        """Ask for a job's end."""
        return self._json("POST", f"/v1/training-jobs/{quoted(identifier)}:cancel")

    def resume(self, identifier: str, epochs: int | None = None, time_limit: float | None = None) -> Json:
        """Let an ended job go on from its checkpoint, to a new total of epochs, for other seconds from now on."""
        wanted = given({"epochs": epochs, "time_limit": time_limit})
        return self._json("POST", f"/v1/training-jobs/{quoted(identifier)}:resume", json=wanted)

    def follow(self, identifier: str) -> Iterator[Event]:
        """A job's events from first to last, each once; who is away for a minute, service or database, is waited for.

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
            except (Unreachable, Refused) as error:
                if retries == 0 or getattr(error, "status", AWAY) != AWAY:
                    raise
                retries -= 1
            self._sleep(RETRY_SECONDS)

    def _events(self, identifier: str, seen: int) -> Iterator[Event]:
        url, headers = f"/v1/training-jobs/{quoted(identifier)}/events", {"Last-Event-ID": str(seen)}
        try:
            with self._http.stream("GET", url, headers=headers, timeout=SILENCE) as response:
                if response.is_error:
                    response.read()
                    raise refused(response)
                yield from events(response.iter_bytes())
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
