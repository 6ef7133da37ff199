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
    """The attempt publishes a model version."""
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


_Q, _R, _X = JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING
_C, _S, _F = JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED

TRANSITIONS: Mapping[Move, Mapping[JobState, JobState | Refusal]] = MappingProxyType(
    {
        move: MappingProxyType(dict(zip((_Q, _R, _X, _C, _S, _F), row, strict=True)))
        for move, row in {
            # fmt: off
            #               QUEUED              RUNNING             CANCELLING          CANCELLED       SUCCEEDED       FAILED
            Move.CLAIM:     (_R,                Refusal.OWNED,      Refusal.OWNED,      *[Refusal.ENDED] * 3),
            Move.COMMIT:    (Refusal.UNOWNED,   _R,                 _X,                 *[Refusal.ENDED] * 3),
            Move.PUBLISH:   (Refusal.UNOWNED,   _S,                 Refusal.CANCELLED,  *[Refusal.ENDED] * 3),
            Move.FAIL:      (Refusal.UNOWNED,   _F,                 _C,                 *[Refusal.ENDED] * 3),
            Move.STOP:      (Refusal.UNOWNED,   Refusal.UNFINISHED, _C,                 *[Refusal.ENDED] * 3),
            Move.INTERRUPT: (Refusal.UNOWNED,   _Q,                 _C,                 *[Refusal.ENDED] * 3),
            Move.CRASH:     (Refusal.UNOWNED,   _Q,                 _C,                 *[Refusal.ENDED] * 3),
            Move.BURY:      (Refusal.UNOWNED,   _F,                 _C,                 *[Refusal.ENDED] * 3),
            Move.CANCEL:    (_C,                _X,                 _X,                 _C,             Refusal.ENDED,  Refusal.ENDED),
            Move.RESUME:    (*[Refusal.UNFINISHED] * 3,                                 _Q,             _Q,             _Q),
            # fmt: on
        }.items()
    }
)

TERMINAL = frozenset({JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED})
OWNED = frozenset({JobState.RUNNING, JobState.CANCELLING})
UNFINISHED = frozenset(JobState) - TERMINAL


def moved(state: JobState, move: Move) -> JobState:
    """The state after a move; NotAllowedNow if the table refuses it."""
    after = TRANSITIONS[move][state]
    if isinstance(after, Refusal):
        message = f"The job {after.value}, so it cannot {move.value} now (its state is {state})."
        raise NotAllowedNow(message)
    return after
