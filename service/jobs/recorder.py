"""Commits epochs: each is told of once, and writing takes a bounded share of the time.

An epoch that takes long is committed by itself. Short ones are gathered: a commit is due when so much time has passed
since the last one that writing takes at most a fiftieth of it, and not before a quarter of a second.
"""

from collections.abc import Callable
from datetime import timedelta

from service.domain.artifacts import Artifact
from service.domain.jobs import Checkpoint, Claim, EpochRecord, Job, fenced
from service.errors import Fenced, StorageFull, Unavailable
from service.ports import ArtifactStore, Clock, EpochCommit, JobStore

SHORTEST_INTERVAL = 0.25
WRITING_SHARE = 0.02


class Recorder:
    """Gathers the epochs of one attempt and commits them with a checkpoint."""

    def __init__(self, job: Job, jobs: JobStore, artifacts: ArtifactStore, clock: Clock, lease: timedelta) -> None:
        """Go on from what the row says."""
        self._claim: Claim = job.claim
        self._jobs = jobs
        self._artifacts = artifacts
        self._clock = clock
        self._lease = lease
        self._told = job.epoch
        self._checkpoint = job.checkpoint
        self._epoch = 0 if job.checkpoint is None else job.checkpoint.epoch
        self._pending: list[EpochRecord] = []
        self._last = float("-inf")
        self._interval = SHORTEST_INTERVAL
        self._doubtful: Artifact | None = None

    @property
    def pending(self) -> tuple[EpochRecord, ...]:
        """Epochs that are not told of yet."""
        return tuple(self._pending)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last one that was committed."""
        return self._checkpoint

    def add(self, record: EpochRecord) -> None:
        """Take an epoch; one that an earlier attempt told of, and this one had to compute again, is not told again."""
        self._epoch = record.epoch
        if record.epoch > self._told:
            self._pending.append(record)

    @property
    def due(self) -> bool:
        """Whether it is time to commit."""
        return self._clock.monotonic() - self._last >= self._interval

    def commit(self, state: Callable[[], bytes]) -> bool:
        """Store the state and record the epochs; answers whether the job is to be cancelled.

        Fenced if the job is another's. Unavailable or StorageFull leave the epochs pending for the next commit.
        """
        self.look_again()
        if self._checkpoint is not None and self._checkpoint.epoch >= self._epoch:
            return False
        begun = self._clock.monotonic()
        artifact = self._artifacts.put(self._key(), state())
        try:
            job = self._jobs.commit(
                self._claim, EpochCommit(self.pending, Checkpoint(self._epoch, artifact)), self._lease
            )
        except Fenced:
            self._forget(artifact)
            raise
        except Unavailable:
            self._doubtful, self._last = artifact, self._clock.monotonic()
            raise
        self._forget(None if self._checkpoint is None else self._checkpoint.artifact)
        self._checkpoint = job.checkpoint
        self._told = job.epoch
        self._pending.clear()
        self._last = self._clock.monotonic()
        self._interval = max(SHORTEST_INTERVAL, (self._last - begun) / WRITING_SHARE)
        return job.cancel

    def look_again(self) -> None:
        """See in the row whether a commit whose answer was lost was made all the same; Fenced, or Unavailable still."""
        if self._doubtful is None:
            return
        job = fenced(self._jobs.get(self._claim.job), self._claim)
        made = job.checkpoint is not None and job.checkpoint.artifact == self._doubtful
        before = None if self._checkpoint is None else self._checkpoint.artifact
        self._forget(before if made else self._doubtful)
        self._checkpoint, self._told, self._doubtful = job.checkpoint, job.epoch, None
        self._pending = [record for record in self._pending if record.epoch > job.epoch]

    def _key(self) -> str:
        """A key that no other attempt, and no earlier try of this one, has used."""
        tick = int(self._clock.monotonic() * 1e6)
        return f"checkpoints/{self._claim.job}-{self._claim.attempt}-{self._epoch}-{tick}"

    def _forget(self, artifact: Artifact | None) -> None:
        """Delete a checkpoint that nothing refers to any more; if that fails, a sweep will find it."""
        if artifact is None:
            return
        try:
            self._artifacts.delete(artifact.key)
        except (Unavailable, StorageFull):
            return
