"""What stands before every route: the request's id, its key, its host, its log line and its metrics."""

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.origin import Origin, traceparent
from service.edge.context import EdgeContext
from service.edge.request_ids import request_id
from service.errors import InternalError, PermissionRefused, ServiceError
from service.rest.connection import LARGEST_HEAD
from service.rest.head import HEAD, Head
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
        self._edge = edge
        self._public = PUBLIC | {METRICS} if edge.metrics_public else PUBLIC
        self._log = logger()
        self._in_flight = edge.metrics.in_flight.labels("rest")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it; in both cases tell of it."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        head = Head(scope["headers"])
        came_from = Origin(request_id(head.get("x-request-id")), traceparent(head.get("traceparent")))
        exchange = Exchange(came_from)
        state = scope.setdefault("state", {})
        state["request_id"], state[HEAD] = exchange.request_id, head
        self._in_flight.inc()
        try:
            with self._edge.traces.request(scope["method"], came_from) as span:
                exchange.origin = self._edge.traces.origin or came_from
                await self._pass(scope, receive, _watched(send, exchange), exchange, head)
                if span is not NOTHING:
                    self._describe(span, scope, exchange)
        finally:
            self._in_flight.dec()
            self._tell(scope, exchange)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, exchange: Exchange, head: Head) -> None:
        try:
            self._check(scope, head)
            await self._routes(scope, receive, send)
        except ServiceError as error:
            await problem_of(error, exchange.request_id)(scope, receive, send)
        except ClientDisconnect:
            exchange.status = CLOSED_BY_CLIENT
        except Exception as error:  # noqa: BLE001  # the outermost place: a fault of ours becomes a 500 and a log line
            exchange.fault = error
            if exchange.status == 0:
                answer = problem_of(InternalError("Something went wrong on our side."), exchange.request_id)
                await answer(scope, receive, send)

    def _check(self, scope: Scope, head: Head) -> None:
        """Refuse what may not pass: a head too large, an odd Host, another site's page, no key."""
        if head.size > LARGEST_HEAD:
            raise HeadTooLarge(f"The headers are too large: at most {LARGEST_HEAD} bytes are taken.")
        hosts = head.all("host")
        host = _name_of(hosts[0]) if len(hosts) == 1 and len(hosts[0]) <= LONGEST_HOST else None
        if host is None:
            raise Malformed("A request has exactly one Host header, with a name and perhaps a port.")
        if scope["path"] in self._public:
            return
        self._edge.access.check(head.get("authorization"))
        if self._edge.access.open:
            _refuse_other_sites(scope["method"], head, host, scope.get("server"))

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
        route, status = _route(scope), exchange.status or CLOSED_BY_CLIENT
        self._edge.metrics.request("rest", scope["method"], route, str(status), seconds)
        write = self._log.error if exchange.fault else self._log.info
        write(
            "request",
            method=scope["method"],
            route=route,
            path=shortened(scope["path"]),
            status=status,
            duration_ms=round(seconds * 1000, 3),
            bytes=exchange.sent,
            **exchange.origin.fields,
            **({"exc_info": exchange.fault} if exchange.fault else {}),
        )


@lru_cache(maxsize=256)
def _name_of(host: str) -> str | None:
    """The name in a Host header; None if it is not one. Most requests come with the same."""
    found = HOST.fullmatch(host)
    return None if found is None else found["name"]


def _route(scope: Scope) -> str:
    """The pattern of what is asked, so that there are few of them."""
    return str(getattr(scope.get("route"), "path_format", "(none)"))


def _watched(send: Send, exchange: Exchange) -> Send:
    """A `send` that notes the status and the bytes, and adds the request's id."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", exchange.request_id.encode())]
        elif message["type"] == "http.response.body":
            exchange.sent += len(message.get("body", b""))
        await send(message)

    return watched


def _refuse_other_sites(method: str, head: Head, host: str, server: tuple[str, int | None] | None) -> None:
    """Without a key a browser is the danger: a page of another site, or a name that was rebound to this machine."""
    if server is not None and is_loopback(server[0]) and not is_loopback(host):
        raise PermissionRefused("Without an API key this service answers to the names of this machine only.")
    origin = head.get("origin")
    if origin is not None and method not in SAFE_METHODS and urlsplit(origin).netloc != head.text("host"):
        raise PermissionRefused("Without an API key this service takes no requests from other sites' pages.")
