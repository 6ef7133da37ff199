"""The local engine: an attempt is a child process of this one, and does not outlive it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import orjson

import service
from service.domain.jobs import Claim
from service.engines.memory import oom_kills
from service.engines.priority import give
from service.jobs.exits import EXIT_AWAY
from service.jobs.interruption import HAND_BACK, STOP
from service.ports import Ending
from service.telemetry.logs import Log

MODULE = "service.jobs.attempt"

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""How a sum is split among threads changes its last bits: one thread, and a resumed job equals an unbroken one."""

NOT_INHERITED = frozenset({"WAVETAP_API_KEY"})
"""What a training process has no need to know."""


class LocalEngine:
    """Starts `python -m service.jobs.attempt` with a pipe whose end tells the child that we are gone."""

    def __init__(self, environment: Mapping[str, str], log: Log, priority: str) -> None:
        """Take the settings that the child reads, the log that its lines go to, and how it gives way to requests."""
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        root = str(Path(next(iter(service.__path__))).parent)
        path = os.pathsep.join(filter(None, (root, inherited.get("PYTHONPATH"))))
        self._environment = {**inherited, **ONE_THREAD, **environment, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        self._log = log
        self._priority = priority

    def start(self, claim: Claim, ended: Callable[[], None]) -> "LocalAttempt":
        """Begin a process; OSError if the machine has no room for one.

        In a process group of its own it hears no signal of a terminal. It gets no session of its own: a kernel that
        groups processes by session would give it as much as the whole service, whatever its priority.
        """
        command = [sys.executable, "-P", "-m", MODULE, "--job", claim.job, "--attempt", str(claim.attempt)]
        process = subprocess.Popen(  # noqa: S603 - our own module, and identifiers that we made
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            process_group=0,
        )
        give(self._priority, process.pid)
        return LocalAttempt(claim, process, self._log.bind(job=claim.job, attempt=claim.attempt), ended)


class LocalAttempt:
    """One child process, watched by a thread that relays its output and waits for its end."""

    def __init__(
        self,
        claim: Claim,
        process: subprocess.Popen[bytes],
        log: Log,
        ended: Callable[[], None],
    ) -> None:
        """Watch from now on."""
        self.claim = claim
        self._process = process
        self._log = log
        self._ended = ended
        self._told = False
        self._oom_kills = oom_kills()
        self._ending: Ending | None = None
        threading.Thread(target=self._watch, name=f"wavetap-{claim.job}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The child's process identifier."""
        return self._process.pid

    def ending(self) -> Ending | None:
        """How it ended; None while it runs."""
        return self._ending

    def cause(self) -> str:
        """The signal or the exit code."""
        code = self._process.returncode
        if code >= 0:
            return f"its exit with code {code}"
        return f"the signal {-code} ({signal.strsignal(-code)})"

    def hand_back(self) -> None:
        """Ask for the end of the epoch, a commit, and an exit."""
        self._send(HAND_BACK)

    def stop(self) -> None:
        """Ask for an exit at once."""
        self._send(STOP)

    def kill(self) -> None:
        """Let the kernel end it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        self._told = True
        self._process.send_signal(number)

    def _watch(self) -> None:
        with self._process as process:  # on exit its pipes are closed, and its end is waited for
            if process.stdout is not None:
                relay(process.stdout, self._log)
        code = process.returncode
        self._ending = self._classified(code)
        if self._ending is not Ending.EXITED:
            self._log.warning("attempt_died", code=code, ending=self._ending.name.lower())
        self._ended()

    def _classified(self, code: int) -> Ending:
        if code == 0:
            return Ending.EXITED
        if self._told:
            return Ending.ENDED_BY_US
        if code == EXIT_AWAY:
            return Ending.AWAY
        if code == -signal.SIGKILL and oom_kills() > self._oom_kills:
            return Ending.OUT_OF_MEMORY
        return Ending.CRASHED


def relay(output: IO[bytes], log: Log) -> None:
    """Log each line until the end of the output: JSON as its fields, anything else as text."""
    for line in output:
        fields = _fields(line)
        log.info(str(fields.pop("event", "attempt_output")), **{f"child_{name}": fields[name] for name in fields})


def _fields(line: bytes) -> dict[str, object]:
    try:
        parsed = orjson.loads(line)
    except orjson.JSONDecodeError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"text": line.decode(errors="replace").rstrip("\n")}
