"""Errors on the wire: one total table from canonical code to gRPC status, and the sentence a client sees."""

from collections.abc import Mapping

import grpc

from service.errors import Code, ServiceError
from service.telemetry.logs import shortened

STATUSES: Mapping[Code, grpc.StatusCode] = {
    Code.CANCELLED: grpc.StatusCode.CANCELLED,
    Code.UNKNOWN: grpc.StatusCode.UNKNOWN,
    Code.INVALID_ARGUMENT: grpc.StatusCode.INVALID_ARGUMENT,
    Code.DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
    Code.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Code.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Code.PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    Code.RESOURCE_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.FAILED_PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Code.ABORTED: grpc.StatusCode.ABORTED,
    Code.OUT_OF_RANGE: grpc.StatusCode.OUT_OF_RANGE,
    Code.UNIMPLEMENTED: grpc.StatusCode.UNIMPLEMENTED,
    Code.INTERNAL: grpc.StatusCode.INTERNAL,
    Code.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Code.DATA_LOSS: grpc.StatusCode.DATA_LOSS,
    Code.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
}
"""Every canonical code."""

DETAILS_SHOWN = 5
"""A status travels in headers, whose size is bounded."""


def status_of(error: ServiceError) -> grpc.StatusCode:
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
