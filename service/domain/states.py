"""The states of a training job, as one table: a move that is not in it is refused."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from service.errors import NotAllowedNow


class JobState(StrEnum):
    """Where a job stands; upper case on the wire."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Move(StrEnum):
    """What can happen to a job."""

    CLAIM = "claim"
    """A supervisor takes it up; this begins an attempt."""
    COMMIT = "commit"
    """The attempt records epochs."""
    PUBLISH = "publish"
    """The attempt has done what it was for: it publishes a model version, or tells how a reproduction compares."""
    FAIL = "fail"
    """The attempt found that the training cannot succeed."""
    STOP = "stop"
    """The attempt ended because the job was cancelled."""
    INTERRUPT = "interrupt"
    """The attempt ended for no fault of the job: the service stopped or died."""
    CRASH = "crash"
    """The attempt's process died, and may be tried again."""
    BURY = "bury"
    """The attempt's process died too often to be tried again."""
    CANCEL = "cancel"
    """A user wants it to end."""
    RESUME = "resume"
    """A user wants it to go on from its checkpoint."""


class Refusal(StrEnum):
    """Why a move is not possible, to be shown after 'The job '."""

    ENDED = "has ended"
    UNFINISHED = "has not ended"
    UNOWNED = "is run by nobody"
    OWNED = "is run by an attempt already"
    CANCELLED = "is being cancelled"


_Q, _R, _X, _C, _S, _F = JobState
_ENDED, _UNFINISHED, _UNOWNED, _OWNED, _CANCELLED = Refusal

# fmt: off
_ROWS: dict[Move, tuple[JobState | Refusal, ...]] = {
    #                QUEUED       RUNNING      CANCELLING   CANCELLED  SUCCEEDED  FAILED
    Move.CLAIM:     (_R,          _OWNED,      _OWNED,      _ENDED,    _ENDED,    _ENDED),
    Move.COMMIT:    (_UNOWNED,    _R,          _X,          _ENDED,    _ENDED,    _ENDED),
    Move.PUBLISH:   (_UNOWNED,    _S,          _CANCELLED,  _ENDED,    _ENDED,    _ENDED),
    Move.FAIL:      (_UNOWNED,    _F,          _C,          _ENDED,    _ENDED,    _ENDED),
    Move.STOP:      (_UNOWNED,    _UNFINISHED, _C,          _ENDED,    _ENDED,    _ENDED),
    Move.INTERRUPT: (_UNOWNED,    _Q,          _C,          _ENDED,    _ENDED,    _ENDED),
    Move.CRASH:     (_UNOWNED,    _Q,          _C,          _ENDED,    _ENDED,    _ENDED),
    Move.BURY:      (_UNOWNED,    _F,          _C,          _ENDED,    _ENDED,    _ENDED),
    Move.CANCEL:    (_C,          _X,          _X,          _C,        _ENDED,    _ENDED),
    Move.RESUME:    (_UNFINISHED, _UNFINISHED, _UNFINISHED, _Q,        _Q,        _Q),
}
# fmt: on

TRANSITIONS: Mapping[Move, Mapping[JobState, JobState | Refusal]] = MappingProxyType(
    {move: MappingProxyType(dict(zip(JobState, row, strict=True))) for move, row in _ROWS.items()}
)

TERMINAL = frozenset({JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED})
OWNED = frozenset({JobState.RUNNING, JobState.CANCELLING})
UNFINISHED = frozenset(JobState) - TERMINAL


def moved(state: JobState, move: Move) -> JobState:
    """The state after a move; NotAllowedNow if the table refuses it."""
    after = TRANSITIONS[move][state]
    if isinstance(after, Refusal):
        message = f"The job {after.value}: {move.value} is not possible now (its state is {state})."
        raise NotAllowedNow(message)
    return after
