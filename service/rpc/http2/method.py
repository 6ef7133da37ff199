"""What the transport must know of a method."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from service.rpc.codes import StatusCode
from service.rpc.http2.messages import Refused


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A behaviour with the formats of its messages; one whose requests are a stream gets an iterator of them.

    One that answers with a stream writes it to the call, and its own answer is None.
    """

    behaviour: Callable[[Any, Any], Awaitable[Any]]
    parse: Callable[[bytes], Any]
    serialize: Callable[[Any], bytes]
    requests_stream: bool
    responses_stream: bool


async def _missing(_request: object, _call: object) -> NoReturn:
    raise Refused(StatusCode.UNIMPLEMENTED, "There is no such method here.")


MISSING = Method(_missing, bytes, bytes, requests_stream=True, responses_stream=True)
"""Whatever is called that nobody has."""
