"""A way past the framework for the one route that is called thousands of times a second: a model's inference.

The framework looks through all of its routes, gathers parameters that this route does not have, and passes through
five layers on the way, which together cost more than the prediction. The route stands in the framework as well, for
the interface's description and for other methods; both ways lead to one function, behind one gate.
"""

import re
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import ServiceError
from service.rest.infer import Infer
from service.rest.parameters import SEGMENTS
from service.rest.problems import protocol_problem


@dataclass(frozen=True)
class Pattern:
    """A route as the log and the metrics name it."""

    path_format: str


PATH = re.compile(
    rf"/v2/models/(?P<model>{SEGMENTS['name'].regex})(?:/versions/(?P<version>{SEGMENTS['name'].regex}))?/infer"
)
OK = 200
OF_MODEL = Pattern("/v2/models/{model}/infer")
OF_VERSION = Pattern("/v2/models/{model}/versions/{version}/infer")


class Shortcut:
    """An ASGI application before the routes."""

    def __init__(self, routes: ASGIApp, infer: Infer) -> None:
        """Take where everything else goes, and what answers an inference."""
        self._routes = routes
        self._infer = infer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an inference; hand on whatever else is asked."""
        path = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if path is None:
            await self._routes(scope, receive, send)
            return
        version = path["version"]
        scope["route"] = OF_MODEL if version is None else OF_VERSION
        state = scope["state"]
        try:
            payload = await self._infer(state, receive, path["model"], version)
        except ServiceError as error:
            await protocol_problem(error, state["request_id"])(scope, receive, send)
            return
        headers = [*payload.headers, (b"content-length", b"%d" % len(payload.body))]
        await send({"type": "http.response.start", "status": OK, "headers": headers})
        await send({"type": "http.response.body", "body": payload.body})
