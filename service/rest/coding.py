"""Content codings: bodies that come compressed, and answers that are to leave so."""

import zlib
from dataclasses import dataclass

from service.edge.inflation import CONTAINERS, inflated
from service.errors import TooLarge, UnsupportedFormat
from service.rest.head import ENCODING, Head
from service.rest.problems import Malformed

COMPRESSION_LEVEL = 1


@dataclass(slots=True)  # not frozen: one is made for each request
class Payload:
    """An answer's body, and headers as ASGI has them."""

    body: bytes
    headers: list[tuple[bytes, bytes]]


def decompressed(body: bytes, head: Head, limit: int) -> bytes:
    """The body without its Content-Encoding; TooLarge beyond the limit, before the memory is taken."""
    if b"content-encoding" not in head:
        return body
    given = head.only(b"content-encoding")
    encoding = None if given is None else given.decode(ENCODING).strip().lower() or "identity"
    if encoding == "identity":
        return body
    if encoding is None or encoding not in CONTAINERS:
        raise UnsupportedFormat("The Content-Encoding is gzip, deflate or identity.")
    try:
        content = inflated(body, encoding, limit)
    except zlib.error:
        raise Malformed(f"The body is no single and whole {encoding} stream, as its Content-Encoding says.") from None
    if content is None:
        raise TooLarge(f"The body is too large: at most {limit} bytes are taken, decompressed.")
    return content


def compressed(payload: Payload, head: Head) -> Payload:
    """The payload as the request's Accept-Encoding wants it, if that names one coding only.

    A list of codings is what a client's library sends with everything, and compressing costs more than it spares.
    """
    coding = head.text(b"accept-encoding").strip().lower()
    if coding not in CONTAINERS:
        return payload
    deflater = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, CONTAINERS[coding])
    body = deflater.compress(payload.body) + deflater.flush()
    return Payload(body, [*payload.headers, (b"content-encoding", coding.encode())])
