"""The blows: each waits for its moment, strikes at a random instant of it, and leaves the service running again."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from service.domain.jobs import CRASHES_ALLOWED, Job
from service.domain.states import TERMINAL, JobState
from service.ephemeral import service
from tests.kills.history import ALIAS, EPOCHS, MODEL, REQUEST, History, content
from tests.kills.verdict import every_job
from tests.kills.victim import Victim
from tests.patience import eventually
from tests.stores import Stores

PATIENCE = 90.0
WAITING_JOBS = 2


@dataclass
class Assailant:
    """Acts for the clients, and strikes."""

    victim: Victim
    stores: Stores
    history: History
    chance: random.Random
    faults: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def strike(self, phase: str) -> None:
        """One blow of a phase; then the service runs, and clients have asked again for what was not answered."""
        self.victim.start()
        self._observe()
        PHASES[phase](self)
        self.history.blows[phase] += 1
        self.victim.start()
        self._retry()

    def settle_down(self) -> None:
        """Let every job end."""
        self.victim.start()
        self._retry()
        with suppress(BaseException):
            eventually(lambda: all(job.state in TERMINAL for job in every_job(self.stores)), "every end", PATIENCE * 2)

    # The phases

    def upload(self) -> None:
        """Killed while a file comes in, is read, is stored, or has just been."""
        number = next(self._numbers)
        sender = self._sending(lambda: self._send_dataset(f"upload-{number}", number, slowly=True))
        self._strike_around(sender, 0.5)

    def submission(self) -> None:
        """Killed between insert and reply: one Idempotency-Key makes one job all the same."""
        key = f"key-{next(self._numbers)}"
        self.history.attempted_keys.add(key)
        sender = self._sending(lambda: self._submit(key))
        self._strike_around(sender, 0.05)

    def training(self) -> None:
        """Killed anywhere in the epochs."""
        job = self._running(epoch=1)
        time.sleep(self.chance.uniform(0, 0.5))
        self._kill_either(job)

    def checkpoint(self) -> None:
        """Killed while a checkpoint is written, or in the transaction that refers to it."""
        job = self._running(epoch=1)
        if self.chance.random() < 0.5:
            drafts = self.victim.data / "artifacts" / ".incoming"
            self._spin(lambda: any(drafts.iterdir()), job)
        else:
            self._spin(lambda: self.stores.jobs.get(job.id).epoch > job.epoch, job)
        time.sleep(self.chance.choice((0.0, self.chance.uniform(0, 0.004))))
        self._kill_either(job)

    def promotion(self) -> None:
        """Killed while a version is exported and published, or while an alias moves."""
        if self.history.blows["promotion"] % 3 == 2 and self._move_alias():
            return
        job = self._running(epoch=EPOCHS // 2)
        models = self.victim.data / "artifacts" / "models"
        before = _listed(models)
        suffix, delay = self.chance.choice(((".wavetap", 0.8), (".onnx", 0.01)))
        self._spin(lambda: any(name.endswith(suffix) for name in _listed(models) - before), job)
        time.sleep(self.chance.uniform(0, delay))
        self._kill_either(job)

    def pause(self) -> None:
        """Not killed, but stopped until another service has its job, and then let go on."""
        lease = self._running(epoch=1).lease
        with service(self.victim.data, self.victim.directory / "other.log", self.victim.environment):
            taken = None
            while taken is None:
                job = self._running(epoch=1, below=EPOCHS // 3, owner=lease and lease.owner, waiting=4)
                with self.victim.paused():
                    if self.stores.jobs.get(job.id).lease == job.lease:
                        taken = eventually(lambda: self._taken(job), "another holder", PATIENCE)  # noqa: B023 - at once
            self._watch_holder(taken)
        # Ending in order, the other service has handed back whatever it still had.

    # What they share

    def _taken(self, job: Job) -> Job | None:
        found = self.stores.jobs.get(job.id)
        return found if found.attempt > job.attempt and found.epoch > job.epoch else None

    def _watch_holder(self, taken: Job) -> None:
        """The stopped service is back: it must neither take the job away nor write to it."""
        until = time.monotonic() + 4.0
        while time.monotonic() < until:
            found = self.stores.jobs.get(taken.id)
            if found.state in TERMINAL and found.attempt == taken.attempt:
                return
            if found.attempt != taken.attempt or found.crashes != taken.crashes or found.state is JobState.QUEUED:
                self.faults.append(f"attempt {taken.attempt} of {taken.id} lost its job to one that had lost it before")
                return
            time.sleep(0.02)

    def _move_alias(self) -> bool:
        versions = [job.version for job in every_job(self.stores) if job.version is not None]
        if not versions:
            return False
        wanted = self.chance.choice(versions)
        self.history.alias_wanted.add(wanted)
        sender = self._sending(lambda: self._point(wanted))
        self._strike_around(sender, 0.05)
        return True

    def _point(self, version: int) -> None:
        with self.victim.http as http:
            answer = http.put(f"/v1/models/{MODEL}/aliases/{ALIAS}", json={"version": version})
            if answer.is_success:
                self.history.alias, self.history.alias_wanted = version, set()
                self.history.blows["acknowledged aliases"] += 1

    def _strike_around(self, sender: threading.Thread, most: float) -> None:
        """Kill the service while a request is under way; or, one time in three, as soon as it is acknowledged."""
        sender.join(PATIENCE if self.chance.random() < 1 / 3 else self.chance.uniform(0, most))
        self._kill_service()
        sender.join()

    def _kill_either(self, job: Job) -> None:
        """The training alone, as often as its job forgives; or the service; or all of it at once by a power cut."""
        forgiven = self.stores.jobs.get(job.id).crashes < CRASHES_ALLOWED - 1
        if forgiven and self.chance.random() < 0.5 and self.victim.kill_attempt():
            self.history.blows["of a training"] += 1
        else:
            self._kill_service()

    def _kill_service(self) -> None:
        cut = self.chance.random() < 0.5
        self.history.blows["power cuts" if cut else "of the service"] += 1
        self.history.lost += self.victim.kill(cut=cut)

    def _running(self, epoch: int, below: int = EPOCHS, owner: str | None = None, waiting: int = WAITING_JOBS) -> Job:
        """A job that trains, here or for an owner, and has recorded so many epochs; enough others wait behind it."""

        def found() -> Job | None:
            jobs = list(every_job(self.stores))
            if sum(job.state not in TERMINAL for job in jobs) < waiting:
                key = f"key-{next(self._numbers)}"
                self.history.attempted_keys.add(key)
                self._submit(key)
            mine = [job for job in jobs if job.lease is not None and owner in {None, job.lease.owner}]
            fit = [job for job in mine if job.state is JobState.RUNNING and epoch <= job.epoch < below]
            return fit[0] if fit else None

        job: Job = eventually(found, "a job that trains", PATIENCE)
        return job

    def _spin(self, moment: Callable[[], bool], job: Job) -> None:
        """Wait with hardly a pause, so as to strike at once; no longer than the job lasts."""
        while not moment() and self.stores.jobs.get(job.id).state is JobState.RUNNING:
            time.sleep(0.0002)

    def _sending(self, call: Callable[[], Any]) -> threading.Thread:
        def send() -> None:
            with suppress(httpx.HTTPError):  # no answer: nothing was acknowledged
                call()

        thread = threading.Thread(target=send)
        thread.start()
        return thread

    def _send_dataset(self, name: str, seed: int, *, slowly: bool = False) -> None:
        body, piece = content(seed), 1 << 16

        def pieces() -> Any:
            for start in range(0, len(body), piece):
                time.sleep(0.01 if slowly else 0)
                yield body[start : start + piece]

        with self.victim.http as http:
            answer = http.post(f"/v1/datasets?name={name}&format=json", content=pieces())
            if answer.is_success:
                self.history.uploads[name] = (answer.json()["digest"], seed)

    def _submit(self, key: str) -> None:
        with self.victim.http as http:
            answer = http.post("/v1/training-jobs", json=REQUEST, headers={"Idempotency-Key": key})
            if not answer.is_success:
                return
            job = answer.json()["id"]
            if self.history.jobs.setdefault(key, job) != job:
                self.faults.append(f"the key {key} made {self.history.jobs[key]} and {job}")

    def _retry(self) -> None:
        """Ask again where no answer came."""
        for key in self.history.attempted_keys - self.history.jobs.keys():
            self._submit(key)

    def _observe(self) -> None:
        """Look at the jobs as a client does, and remember what was shown."""
        with self.victim.http as http:
            for job in http.get("/v1/training-jobs?limit=100").json()["items"]:
                self.history.seen_epochs[job["id"]] = job["epoch"]


def _listed(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()} if directory.is_dir() else set()


PHASES: Mapping[str, Callable[[Assailant], None]] = {
    "upload": Assailant.upload,
    "submission": Assailant.submission,
    "training": Assailant.training,
    "checkpoint": Assailant.checkpoint,
    "promotion": Assailant.promotion,
    "pause": Assailant.pause,
}
