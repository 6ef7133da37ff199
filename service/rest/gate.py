"""What stands before every route: the request's id, its key, its host, its log line and its metrics."""

import re
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.origin import Origin, traceparent
from service.edge.context import EdgeContext
from service.edge.request_ids import request_id
from service.errors import InternalError, PermissionRefused, ServiceError
from service.rest.connection import LARGEST_HEAD
from service.rest.head import ENCODING, HEAD, Head
from service.rest.problems import HeadTooLarge, Malformed, problem_of
from service.settings import is_loopback
from service.telemetry.logs import logger, shortened
from service.telemetry.traces import NOTHING, Span

PUBLIC = frozenset({"/v2/health/live", "/v2/health/ready"})
METRICS = "/metrics"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
LONGEST_HOST = 300
"""Characters; a name has at most 253, and a port comes behind it."""
CLOSED_BY_CLIENT, SERVERS_FAULT = 499, 500


@dataclass
class Exchange:
    """One request and what became of it."""

    origin: Origin
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    sent: int = 0
    fault: BaseException | None = None

    @property
    def request_id(self) -> str:
        """As it stands in the answer."""
        return self.origin.request_id


class Gate:
    """An ASGI application around the routes."""

    def __init__(self, routes: ASGIApp, edge: EdgeContext) -> None:
        """Take what is behind the gate."""
        self._routes = routes
        self._access = edge.access
        self._traces = edge.traces
        self._metrics = edge.metrics
        self._public = PUBLIC | {METRICS} if edge.metrics_public else PUBLIC
        self._log = logger()
        self._in_flight = edge.metrics.in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it; in both cases tell of it."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        head = Head(scope["headers"])
        came_from = Origin(request_id(head.get(b"x-request-id")), traceparent(head.get(b"traceparent")))
        exchange = Exchange(came_from)
        state = scope.setdefault("state", {})
        state["request_id"], state[HEAD] = came_from.request_id, head
        watched = _watched(send, exchange)
        self._in_flight["rest"] += 1
        try:
            with self._traces.request(scope["method"], came_from) as span:
                if span is not NOTHING:
                    exchange.origin = self._traces.origin or came_from
                try:
                    self._check(scope, head)
                    await self._routes(scope, receive, watched)
                except ServiceError as error:
                    await problem_of(error, exchange.request_id)(scope, receive, watched)
                except ClientDisconnect:
                    exchange.status = CLOSED_BY_CLIENT
                except Exception as error:  # noqa: BLE001  # the outermost place: our fault becomes a 500 and a log line
                    exchange.fault = error
                    if exchange.status == 0:
                        answer = problem_of(InternalError("Something went wrong on our side."), exchange.request_id)
                        await answer(scope, receive, watched)
                if span is not NOTHING:
                    self._describe(span, scope, exchange)
        finally:
            self._in_flight["rest"] -= 1
            self._tell(scope, exchange)

    def _check(self, scope: Scope, head: Head) -> None:
        """Refuse what may not pass: a head too large, an odd Host, another site's page, no key."""
        if head.size > LARGEST_HEAD:
            raise HeadTooLarge(f"The headers are too large: at most {LARGEST_HEAD} bytes are taken.")
        host = _name_of(head.only(b"host"))
        if host is None:
            raise Malformed("A request has exactly one Host header, with a name and perhaps a port.")
        if scope["path"] in self._public:
            return
        self._access.check(head.get(b"authorization"))
        if self._access.open:
            _refuse_other_sites(scope, head, host)

    def _describe(self, span: Span, scope: Scope, exchange: Exchange) -> None:
        """Call the span by its route, once that is known, and say what came of it."""
        route, status = _route(scope), exchange.status or CLOSED_BY_CLIENT
        span.rename(f"{scope['method']} {route}")
        span.set(
            http__request__method=scope["method"],
            http__route=route,
            http__response__status_code=status,
            wavetap__request_id=exchange.request_id,
        )
        if status >= SERVERS_FAULT:
            span.fail(str(status))

    def _tell(self, scope: Scope, exchange: Exchange) -> None:
        """One line and one count for each request, under the route's pattern."""
        seconds = time.perf_counter() - exchange.started
        method, route, status = scope["method"], _route(scope), exchange.status or CLOSED_BY_CLIENT
        self._metrics.request("rest", method, route, str(status), seconds)
        told: dict[str, Any] = {
            "method": method,
            "route": route,
            "path": shortened(scope["path"]),
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "bytes": exchange.sent,
            **exchange.origin.fields,
        }
        if exchange.fault is None:
            self._log.info("request", **told)
        else:
            self._log.error("request", fault=exchange.fault, **told)


@lru_cache(maxsize=256)
def _name_of(host: bytes | None) -> str | None:
    """The name in a Host header; None if it is not one. Most requests come with the same."""
    found = HOST.fullmatch(host.decode(ENCODING)) if host is not None and len(host) <= LONGEST_HOST else None
    return None if found is None else found["name"]


def _route(scope: Scope) -> str:
    """The pattern of what is asked, so that there are few of them."""
    return str(getattr(scope.get("route"), "path_format", "(none)"))


def _watched(send: Send, exchange: Exchange) -> Send:
    """A `send` that notes the status and the bytes, and adds the request's id."""

    def watched(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", exchange.request_id.encode())]
        elif message["type"] == "http.response.body":
            exchange.sent += len(message.get("body", b""))
        return send(message)

    return watched


def _refuse_other_sites(scope: Scope, head: Head, host: str) -> None:
    """Without a key a browser is the danger: a page of another site, or a name that was rebound to this machine."""
    server = scope.get("server")
    if server is not None and is_loopback(server[0]) and not is_loopback(host):
        raise PermissionRefused("Without an API key this service answers to the names of this machine only.")
    origin = head.get(b"origin")
    if origin is not None and scope["method"] not in SAFE_METHODS and urlsplit(origin).netloc != head.text(b"host"):
        raise PermissionRefused("Without an API key this service takes no requests from other sites' pages.")
