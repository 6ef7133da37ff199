"""Errors on the wire: one total table from error to status, and one body for all of them.

ServiceError
├── ...                    service/errors.py
├── Malformed              INVALID_ARGUMENT     bytes that are not what their type says: no JSON, no multipart
├── HeadTooLarge           OUT_OF_RANGE         more headers than any client needs
└── Stalled                DEADLINE_EXCEEDED    a body whose next byte does not come
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.responses import Response

from api_schemas.rest.problems import Problem, ProblemDetail
from service.errors import (
    Code,
    Detail,
    InvalidRequest,
    Misleading,
    ServiceError,
    StorageFull,
    TooLarge,
    UnsupportedFormat,
)
from service.telemetry.logs import shortened

MEDIA_TYPE = "application/problem+json"

STATUSES: Mapping[Code, int] = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 422,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 503,
    Code.FAILED_PRECONDITION: 409,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 422,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}
"""Every canonical code."""


class Malformed(InvalidRequest):
    """The bytes are not what their type says."""


class HeadTooLarge(ServiceError):
    """The request's headers are larger than any client's need be."""

    code = Code.OUT_OF_RANGE


class Stalled(ServiceError):
    """The next byte of the body did not come in time."""

    code = Code.DEADLINE_EXCEEDED


FINER: Mapping[type[ServiceError], int] = {
    Malformed: 400,
    Misleading: 400,
    Stalled: 408,
    HeadTooLarge: 431,
    UnsupportedFormat: 415,
    TooLarge: 413,
    StorageFull: 507,
}
"""Errors for which HTTP has a better word than their code's."""

CODES: Mapping[int, Code] = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.UNIMPLEMENTED,
    408: Code.DEADLINE_EXCEEDED,
    409: Code.ALREADY_EXISTS,
    413: Code.OUT_OF_RANGE,
    415: Code.INVALID_ARGUMENT,
    422: Code.INVALID_ARGUMENT,
    503: Code.UNAVAILABLE,
}
"""The code of a status that the framework has chosen."""

PROTOCOL_STATUSES: Mapping[int, int] = {422: 400}
"""The inference protocol's clients expect 400 for whatever is wrong with a request."""

TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content", 499: "Client Closed Request"}
"""RFC 9110's words, where Python has none or, up to 3.12, older ones."""

HINTS: Mapping[int, str] = {
    404: "There is no such route.",
    405: "The route exists, but not for this method; the header Allow names those it has.",
}


def status_of(error: ServiceError) -> int:
    """The HTTP status of an error."""
    return FINER.get(type(error), STATUSES[error.code])


def problem_of(error: ServiceError, request_id: str, status: int | None = None) -> Response:
    """The response to an error; `status` replaces the table's where a protocol wants another one."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.code is Code.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status or status_of(error), error.code, error.message, error.details, request_id, headers)


def protocol_problem(error: ServiceError, request_id: str) -> Response:
    """The response to an error of a route of the inference protocol."""
    status = status_of(error)
    return problem_of(error, request_id, PROTOCOL_STATUSES.get(status, status))


def problem(
    status: int,
    code: Code,
    message: str,
    details: Iterable[Detail],
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as RFC 9457 has it."""
    body = Problem(
        title=_title(status),
        status=status,
        detail=shortened(message),
        code=code.value,
        errors=[
            ProblemDetail(pointer=shortened(detail.pointer), detail=shortened(detail.detail)) for detail in details
        ],
        request_id=request_id,
        error=shortened(message),
    )
    return Response(
        body.model_dump_json(), status, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def _title(status: int) -> str:
    return TITLES.get(status) or HTTPStatus(status).phrase
