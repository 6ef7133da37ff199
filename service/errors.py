"""What can go wrong in the service, as one tree; each error carries a canonical code of gRPC's vocabulary.

ServiceError                 anything below: one sentence, a code, and at most ten details
├── InvalidRequest           INVALID_ARGUMENT     a value in the request that is not acceptable
│   ├── Untrainable          INVALID_ARGUMENT     a training request that no training could satisfy
│   ├── Unreadable           INVALID_ARGUMENT     a file whose format is known and whose content is broken
│   └── Misleading           INVALID_ARGUMENT     an archive whose members are not what, or where, their names say
├── UnsupportedFormat        INVALID_ARGUMENT     a file in a format that is not read here
├── TooLarge                 OUT_OF_RANGE         more bytes, cases or values than the limits allow
├── NotFound                 NOT_FOUND            a name or identifier that nothing answers to
├── AlreadyExists            ALREADY_EXISTS       a name or key that is taken by something else
├── NotAllowedNow            FAILED_PRECONDITION  right in itself, refused by the present state
├── Unauthenticated          UNAUTHENTICATED      no valid key came with the request
├── PermissionRefused        PERMISSION_DENIED    the key does not allow this
├── Overloaded               RESOURCE_EXHAUSTED   too much at once; the same request may succeed later
├── StorageFull              RESOURCE_EXHAUSTED   the disk has no room left
├── Unavailable              UNAVAILABLE          the database or the disk does not answer at present
├── DeadlineExceeded         DEADLINE_EXCEEDED    the caller's time ran out before there was an answer
├── Fenced                   ABORTED              a training attempt that no longer owns its job
├── Corrupt                  DATA_LOSS            stored bytes that are not what was written
└── InternalError            INTERNAL             a fault of ours
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

DETAILS_LISTED = 10


class Code(StrEnum):
    """The canonical codes; each edge translates them by one total table."""

    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"


@dataclass(frozen=True)
class Detail:
    """One fault and where it stands: a JSON pointer into the request, or a place in a file; column: of a table."""

    pointer: str
    detail: str
    column: str | None = None


class ServiceError(Exception):
    """Anything the service refuses or fails to do."""

    code: ClassVar[Code] = Code.UNKNOWN

    def __init__(self, message: str, *details: Detail, retry_after: int | None = None) -> None:
        """Say it in one sentence; `retry_after` is in seconds."""
        Exception.__init__(self, message)
        self.message = message
        self.details = details[:DETAILS_LISTED]
        self.retry_after = retry_after


class InvalidRequest(ServiceError):
    """A value in the request is not acceptable."""

    code = Code.INVALID_ARGUMENT


class Untrainable(InvalidRequest):
    """No training could satisfy the request on this dataset."""


class Unreadable(InvalidRequest):
    """The file's format is known, its content is broken."""


class Misleading(InvalidRequest):
    """Members of the archive are links, have paths for names, or share a name: no tool of good faith writes that."""


class UnsupportedFormat(ServiceError):
    """The file is in a format that is not read here."""

    code = Code.INVALID_ARGUMENT


class TooLarge(ServiceError):
    """There are more bytes, cases or values than the limits allow."""

    code = Code.OUT_OF_RANGE


class NotFound(ServiceError):
    """Nothing answers to the name or identifier."""

    code = Code.NOT_FOUND


class AlreadyExists(ServiceError):
    """The name or key is taken by something else."""

    code = Code.ALREADY_EXISTS


class NotAllowedNow(ServiceError):
    """The request is right in itself, and refused by the present state."""

    code = Code.FAILED_PRECONDITION


class Unauthenticated(ServiceError):
    """No valid key came with the request."""

    code = Code.UNAUTHENTICATED


class PermissionRefused(ServiceError):
    """The key does not allow this."""

    code = Code.PERMISSION_DENIED


class Overloaded(ServiceError):
    """Too much was asked at once; the same request may succeed later."""

    code = Code.RESOURCE_EXHAUSTED


class StorageFull(ServiceError):
    """The disk has no room left."""

    code = Code.RESOURCE_EXHAUSTED


class Unavailable(ServiceError):
    """The database or the disk does not answer at present."""

    code = Code.UNAVAILABLE


class DeadlineExceeded(ServiceError):
    """The caller's time ran out before there was an answer."""

    code = Code.DEADLINE_EXCEEDED


class Fenced(ServiceError):
    """The training attempt no longer owns its job."""

    code = Code.ABORTED


class Corrupt(ServiceError):
    """Stored bytes are not what was written."""

    code = Code.DATA_LOSS


class InternalError(ServiceError):
    """A fault of ours."""

    code = Code.INTERNAL
