"""What a request asks for, held to what its route knows: an option that is passed over would be a wrong answer.

The framework hands a route the query parameters that it has and is silent about others, and nobody reads the body of a
route that takes none. Both are known from the route itself, so a new route is held to them without a word.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from model.training.fields import unknown
from service.edge.validation import LONGEST_NAMED, pointer
from service.errors import DETAILS_LISTED, Detail, InvalidRequest
from service.rest.bodies import whole_body
from service.rest.head import ENCODING, HEAD, Head

OURS = "/v1/"
"""Routes of the inference protocol are asked by clients of others, which may add what we do not know."""
WITHOUT_BODY = frozenset({"GET", "HEAD"})
LARGEST_NOTHING = 1 << 10
"""Bytes of a body that a route without one looks at, to tell what of it would be passed over."""


class Asked:
    """An ASGI application before one route: it refuses what the route would pass over."""

    def __init__(self, route: ASGIApp, parameters: Sequence[str], *, takes_body: bool) -> None:
        """Take the route, and what it knows."""
        self._route = route
        self._parameters = parameters
        self._takes_body = takes_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what is understood in all its parts."""
        if scope["query_string"]:
            self._check_query(scope["query_string"].decode(ENCODING))
        if not self._takes_body:
            head: Head = scope["state"][HEAD]
            _check_nothing(await whole_body(receive, head.announced, LARGEST_NOTHING))
        await self._route(scope, receive, send)

    def _check_query(self, query: str) -> None:
        given = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True))
        faults = [(name, self._unknown(name)) for name in given if name not in self._parameters]
        faults += [
            (name, f"{name} is given {count} times; once is enough.")
            for name, count in given.items()
            if count > 1 and name in self._parameters
        ]
        if faults:
            details = [Detail(_at(name), fault) for name, fault in faults[:DETAILS_LISTED]]
            raise InvalidRequest(details[0].detail, *details)

    def _unknown(self, name: str) -> str:
        if self._parameters:
            return unknown("query parameter", name, self._parameters)
        return f"There is no query parameter {name!r:.60}; this route takes none."


def hold(route: APIRoute) -> None:
    """Put the check before one of our routes, from what the route says of itself."""
    if not route.path.startswith(OURS):
        return
    takes_body = bool(WITHOUT_BODY.intersection(route.methods or ())) or "requestBody" in (route.openapi_extra or {})
    route.app = Asked(route.app, tuple(sorted(_parameters(route.dependant))), takes_body=takes_body)


def _parameters(dependant: Dependant) -> Iterator[str]:
    """The names of a route's query parameters, and of those that it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _check_nothing(body: bytes) -> None:
    """Nothing is said by no body, and by an empty object."""
    if not body.strip():
        return
    message = "This route takes no body."
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequest(message, Detail("", message)) from None
    if said == {}:
        return
    details = [Detail("", message)]
    if isinstance(said, dict):
        members = list(said)[:DETAILS_LISTED]
        details = [Detail(_at(name), f"This route takes no body, and so no {name!r:.60}.") for name in members]
    raise InvalidRequest(details[0].detail, *details)


def _at(name: str) -> str:
    return pointer((name[:LONGEST_NAMED],))
