"""Several processes that serve as one: `wavetap serve --workers N`.

This process holds the sockets, starts the workers, starts those anew that die, and ends them in good order. It serves
nothing itself and knows no model, so that there is next to nothing in it that could die.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Self

from pydantic import SecretStr

from service.errors import ServiceError
from service.places import Place, listening
from service.settings import PREFIX, Settings, exposure_fault
from service.telemetry.logs import configure, logger
from service.telemetry.shared import SharedMetrics

EXIT_FAILED, EXIT_REFUSED = 1, 2
REFUSALS = frozenset({EXIT_FAILED, EXIT_REFUSED})
"""A worker that ends so could not start, and would not the next time either."""

PAUSES = (0.0, 0.1, 0.5, 2.0, 5.0)
"""Seconds before a worker is started for the n-th time in a row without having lived for long."""
LONG_SECONDS = 10.0
GRACE_SECONDS = 5.0
"""Beyond what the workers give to requests, until they are killed."""
ENDINGS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class _Worker:
    """One place among the workers, and the process that fills it now."""

    number: int
    process: "subprocess.Popen[bytes]"
    started: float
    tries: int = 0
    due: float | None = None
    """When a dead one is started again."""


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the answer is the process's exit code."""
    fault = exposure_fault(settings)
    if fault is not None:
        return _refused(fault, EXIT_REFUSED)
    configure(settings.log_level)
    try:
        settings.data_dir.resolve().mkdir(parents=True, exist_ok=True)
        with (
            listening(settings.host, settings.port) as rest,
            listening(settings.host, settings.grpc_port, protocol="gRPC") as grpc,
            SharedMetrics(settings.data_dir.resolve() / "metrics") as metrics,
            _Signals() as signals,
        ):
            return _Workers(settings, Place(rest, grpc), metrics).run(signals)
    except ServiceError as error:
        return _refused(error.message, EXIT_FAILED)
    except OSError as error:
        return _refused(f"{error.filename or settings.data_dir}: {error.strerror}.", EXIT_FAILED)


class _Workers:
    """The processes, and what becomes of them."""

    def __init__(self, settings: Settings, place: Place, metrics: SharedMetrics) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._place = place
        self._metrics = metrics
        self._environment = {**os.environ, **environment(settings), **metrics.environment}
        self._workers: list[_Worker] = []

    def run(self, signals: "_Signals") -> int:
        """Start all, keep all, end all."""
        numbers = range(self._settings.workers)
        self._workers = [_Worker(number, self._start(number), time.monotonic()) for number in numbers]
        logger().info("workers_started", pids=[worker.process.pid for worker in self._workers])
        code = 0
        while not signals.ending and not code:
            signals.wait(self._soonest())
            code = self._look()
        self._end()
        return code

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "service.cli.worker", "--number", str(number)]
        rest, grpc = self._place.rest.fileno(), self._place.grpc.fileno()
        command += ["--rest", str(rest), "--grpc", str(grpc)]
        return subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, pass_fds=[rest, grpc], env=self._environment
        )

    def _look(self) -> int:
        """Start anew what has died; the exit code of one that cannot start, 0 otherwise."""
        now = time.monotonic()
        for worker in self._workers:
            ended = worker.process.poll()
            if ended is None:
                continue
            young = now - worker.started < LONG_SECONDS
            if ended in REFUSALS and young:
                return ended
            if worker.due is None:
                self._metrics.forget(worker.process.pid)
                worker.tries = worker.tries + 1 if young else 0
                pause = PAUSES[min(worker.tries, len(PAUSES) - 1)]
                worker.due = now + pause
                logger().warning("worker_died", pid=worker.process.pid, code=ended, starts_again_in=pause)
            if now >= worker.due:
                worker.process, worker.started, worker.due = self._start(worker.number), now, None
                logger().info("worker_started", pid=worker.process.pid)
        return 0

    def _soonest(self) -> float | None:
        """Seconds until a worker is due; None while all run."""
        due = [worker.due for worker in self._workers if worker.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _end(self) -> None:
        """Ask all to end, wait as long as they may take, and kill what has not; the sockets are theirs alone now."""
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGTERM)
        for listener in (self._place.rest, self._place.grpc):  # or connections would wait for nobody
            listener.close()
        until = time.monotonic() + self._settings.shutdown_seconds + GRACE_SECONDS
        for worker in self._workers:
            try:
                worker.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        logger().info("workers_ended")


class _Signals:
    """Wakes a waiting thread for the signals that matter: an end that is asked for, and a child that has died."""

    def __enter__(self) -> Self:
        """Take the signals over."""
        self.ending = False
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._read, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (*ENDINGS, signal.SIGCHLD):
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        """Give them back."""
        signal.set_wakeup_fd(-1)
        for number in (*ENDINGS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        self._read.close()
        self._write.close()

    def wait(self, seconds: float | None) -> None:
        """Until a signal comes, or the time has passed."""
        if self._selector.select(seconds):
            self._read.recv(4096)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.ending = self.ending or number in ENDINGS


def environment(settings: Settings) -> Mapping[str, str]:
    """The settings as the variables that they are read from."""
    values = settings.model_dump(mode="json", exclude_none=True)
    secrets = {name: value for name, value in settings if isinstance(value, SecretStr)}
    values |= {name: secret.get_secret_value() for name, secret in secrets.items()}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return {f"{PREFIX}{name.upper()}": text for name, text in texts.items()}


def _refused(reason: str, code: int) -> int:
    sys.stderr.write(f"The service does not start. {reason}\n")
    return code
