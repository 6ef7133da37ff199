"""A model's inference over the inference protocol, from a request's bytes to an answer's."""

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive

from service.domain.inference import InferResult, TensorSpec
from service.edge.context import EdgeContext
from service.edge.prediction import Addressed, InferCall
from service.rest.attention import TIMEOUT_NAME, Listening, stated_seconds
from service.rest.bodies import body_there, whole_body
from service.rest.coding import Payload, compressed
from service.rest.connection import ARRIVED, WHOLE
from service.rest.head import HEAD, Head
from service.rest.v2_request import decode
from service.rest.v2_response import encode


class Infer:
    """The function behind both ways to the route: past the framework, and through it."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._inference = edge.services.inference
        self._prediction = edge.prediction
        self._limit = edge.max_body_bytes
        self._attending = Listening()

    async def __call__(self, state: Mapping[str, Any], receive: Receive, model: str, version: str | None) -> Payload:
        """Predict from the tensors of a body that is yet to be received; `state` is the request's."""
        head: Head = state[HEAD]
        arrived = state.get(ARRIVED) or time.perf_counter_ns()
        to = Addressed(model, version, stated_seconds(head.get(TIMEOUT_NAME)), arrived)
        if state.get(WHOLE):
            raw = await body_there(receive, self._limit)
        else:
            raw = await whole_body(receive, head.announced, self._limit)

        def inputs() -> tuple[TensorSpec, ...]:
            return self._inference.inputs(model, version)

        def decoded() -> InferCall:
            return decode(raw, head, self._limit, inputs)

        def encoded(call: InferCall, result: InferResult) -> Payload:
            return compressed(encode(call, result), head)

        size = None if b"content-encoding" in head else len(raw)
        with self._attending(receive):
            return await self._prediction.infer(to, size, decoded, encoded)
