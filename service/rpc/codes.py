"""gRPC's status codes by the numbers of its protocol.

Ours, as grpcio has them too, but takes 9 MB and a tenth of a second to load, and nothing else of it is needed here.
"""

from enum import IntEnum


class StatusCode(IntEnum):
    """How a call ended; https://grpc.io/docs/guides/status-codes."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16
