"""The supervisor: claims queued jobs, has an engine run them, keeps their leases, and settles what died.

Everything happens in `tick`, on one thread; what the database says is the truth, and a process is only its shadow.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from service.domain.jobs import CRASHES_ALLOWED, Claim, FailureCode, Job, JobFailure
from service.domain.states import Move
from service.errors import Fenced, NotFound, ServiceError
from service.jobs.leases import LeaseWatch
from service.jobs.liveness import Liveness
from service.ports import Clock, Ending, Engine, JobStore, Log, RunningAttempt

CRASHED = JobFailure(
    FailureCode.CRASHED, f"The training process died {CRASHES_ALLOWED} times and was given up; the last was ended by"
)
"""The cause follows."""

OUT_OF_MEMORY = JobFailure(
    FailureCode.OUT_OF_MEMORY,
    "The training process was killed for want of memory; a smaller batch_size or network needs less.",
)

SETTLEMENTS: dict[Ending, tuple[Move, JobFailure | None]] = {
    Ending.EXITED: (Move.CRASH, CRASHED),  # it ended in order and yet has settled nothing
    Ending.CRASHED: (Move.CRASH, CRASHED),
    Ending.OUT_OF_MEMORY: (Move.FAIL, OUT_OF_MEMORY),
    Ending.ENDED_BY_US: (Move.INTERRUPT, None),
    Ending.AWAY: (Move.INTERRUPT, None),
}
"""What becomes of a job whose process is gone before the job was settled."""


def caused(failure: JobFailure, cause: str) -> JobFailure:
    """The failure with what was the cause."""
    return replace(failure, message=f"{failure.message} {cause}.")


@dataclass(frozen=True)
class Supervision:
    """How jobs are watched; times are in seconds."""

    running: int = 1
    lease: float = 30.0
    poll: float = 0.5
    stop_within: float = 1.0
    drain_within: float = 20.0


@dataclass
class _Watched:
    """An attempt that runs here; `deadline` is when it is killed, once it was told to end."""

    attempt: RunningAttempt
    renewed_at: float
    deadline: float | None = None
    stopping: bool = False


@dataclass
class Supervisor:
    """Runs jobs until it is drained."""

    jobs: JobStore
    engine: Engine
    liveness: Liveness
    clock: Clock
    log: Log
    supervision: Supervision = field(default_factory=Supervision)

    def __post_init__(self) -> None:
        """Nothing runs until `start`."""
        self._lease = timedelta(seconds=self.supervision.lease)
        self._leases = LeaseWatch(self.supervision.lease)
        self._watched: dict[Claim, _Watched] = {}
        self._bell = threading.Event()
        self._drain_until: float | None = None
        self._graves = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin on a thread of its own, with a look at what the dead have left behind."""
        self.wake()
        self._thread = threading.Thread(target=self._run, name="wavetap-supervisor", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at once: a job waits, or is to end. Safe from any thread, and before `start`."""
        self._bell.set()

    def drain(self) -> None:
        """Claim nothing more, have running attempts hand their jobs back, and return when all have ended."""
        self._drain_until = self.clock.monotonic() + self.supervision.drain_within
        self.wake()
        if self._thread is not None:
            self._thread.join()

    @property
    def running(self) -> int:
        """How many attempts run here."""
        return len(self._watched)

    def tick(self) -> None:
        """Look at everything once."""
        for claim, watched in list(self._watched.items()):
            ending = watched.attempt.ending()
            if ending is not None:
                self._settle(claim, ending, watched.attempt.cause())
                del self._watched[claim]
        if self._drain_until is not None:
            self._hand_back(self._drain_until)
        owned = self.jobs.owned()
        self._look_after(self._watched.values(), owned)
        self._reclaim([job for job in owned if job.claim not in self._watched])
        while self._drain_until is None and len(self._watched) < self.supervision.running and self._claim():
            pass

    def _run(self) -> None:
        while self._drain_until is None or self._watched:
            self._bell.wait(self._pause())
            self._bell.clear()
            try:
                self.tick()
            except ServiceError as error:
                self.log.warning("supervisor_waits", reason=error.message)
            except Exception:  # the supervisor outlives whatever one pass runs into
                self.log.exception("supervisor_failed")

    def _pause(self) -> float:
        """Until the next look: soon while a process has been told to end."""
        now = self.clock.monotonic()
        deadlines = [watched.deadline - now for watched in self._watched.values() if watched.deadline is not None]
        return max(0.01, min([self.supervision.poll, *deadlines]))

    def _claim(self) -> bool:
        job = self.jobs.claim(self.liveness.owner, self._lease)
        if job is None:
            return False
        try:
            attempt = self.engine.start(job.claim, self.wake)
        except OSError as error:
            self.log.warning("attempt_not_started", job=job.id, attempt=job.attempt, reason=repr(error))
            self.jobs.settle(job.claim, Move.CRASH, caused(CRASHED, "the machine, which had no room for it"))
            return False
        self._watched[job.claim] = _Watched(attempt, self.clock.monotonic())
        told = {} if job.origin is None else job.origin.fields
        self.log.info("attempt_started", job=job.id, attempt=job.attempt, epoch=job.epoch, **told)
        return True

    def _look_after(self, mine: Iterable[_Watched], owned: Sequence[Job]) -> None:
        """Renew the leases of what runs here, and see to it that what is to end does so."""
        jobs = {job.claim: job for job in owned}
        now = self.clock.monotonic()
        for watched in mine:
            job = jobs.get(watched.attempt.claim)
            if watched.deadline is not None and now >= watched.deadline:
                watched.attempt.kill()
            elif job is None:  # it has settled its job and is about to exit, or it has lost its job
                watched.deadline = watched.deadline or now + self.supervision.stop_within
            elif job.cancel:
                self._stop(watched, now)
            if job is not None and now - watched.renewed_at >= self.supervision.lease / 3:
                self._renew(watched, now)

    def _stop(self, watched: _Watched, now: float) -> None:
        if not watched.stopping:
            watched.stopping = True
            watched.deadline = now + self.supervision.stop_within
            watched.attempt.stop()

    def _renew(self, watched: _Watched, now: float) -> None:
        try:
            self.jobs.renew(watched.attempt.claim, self._lease)
        except Fenced:
            watched.attempt.kill()
        watched.renewed_at = now

    def _hand_back(self, until: float) -> None:
        for watched in self._watched.values():
            if watched.deadline is None:
                watched.deadline = until
                watched.attempt.hand_back()

    def _reclaim(self, others: Sequence[Job]) -> None:
        """Queue the jobs of the dead and the silent again; it is no fault of theirs."""
        silent = self._leases.expired(others, self.clock.monotonic())
        for job in others:
            if job in silent or (job.lease is not None and self._is_orphaned(job.lease.owner)):
                self._settle(job.claim, Ending.ENDED_BY_US)
                self._graves = True
        if self._graves and not others:
            self.liveness.bury()
            self._graves = False

    def _is_orphaned(self, owner: str) -> bool:
        """Whether nobody runs the owner's jobs: it is dead, or it is us and we do not know of them."""
        return owner == self.liveness.owner or self.liveness.is_dead(owner)

    def _settle(self, claim: Claim, ending: Ending, cause: str = "") -> None:
        """Settle the job of a process that is gone, unless it has done so itself."""
        move, failure = SETTLEMENTS[ending]
        if failure is CRASHED:
            failure = caused(failure, cause)
        try:
            state = self.jobs.settle(claim, move, failure).state.value
        except (Fenced, NotFound):
            state = None
        self.log.info("attempt_ended", job=claim.job, attempt=claim.attempt, ending=ending.name.lower(), settled=state)
