"""Errors on the wire: one total table from canonical code to gRPC status, and the sentence a client sees."""

from collections.abc import Mapping

from service.errors import Code, ServiceError
from service.rpc.codes import StatusCode
from service.telemetry.logs import shortened

STATUSES: Mapping[Code, StatusCode] = {code: StatusCode[code.name] for code in Code}
"""Every canonical code; they are called the same."""

DETAILS_SHOWN = 5
"""A status travels in headers, whose size is bounded."""


def status_of(error: ServiceError) -> StatusCode:
    """The gRPC status of an error."""
    return STATUSES[error.code]


def sentence_of(error: ServiceError) -> str:
    """The message, and each detail that says something else or more."""
    details = [
        f"{shortened(detail.pointer)}: {shortened(detail.detail)}"
        for detail in error.details[:DETAILS_SHOWN]
        if detail.detail != error.message
    ]
    return " ".join([shortened(error.message), *details])
