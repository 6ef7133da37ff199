"""The local engine, with children that do what a test needs."""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.domain.jobs import Claim
from service.engines import local
from service.engines.local import LocalAttempt, LocalEngine, relay
from service.ports import Ending
from tests.kept_log import KeptLog

CLAIM = Claim("job_1", 1)
CHILDREN = {
    "ends": "pass",
    "fails": "raise SystemExit(3)",
    "gives up": "raise SystemExit(5)",
    "waits": "import sys; print('up', flush=True); sys.stdin.read()",
    "ignores": (
        "import signal, sys; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGUSR1)];"
        "print('up', flush=True); sys.stdin.read()"
    ),
    "tells": "import os, json; print(json.dumps({'event': 'environment', 'is': dict(os.environ)}), flush=True)",
}


class Room:
    """Starts children by the name of what they do."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory, self._patch = directory, monkeypatch
        self._started: list[LocalAttempt] = []
        self.ended = threading.Event()
        self.log = KeptLog()

    def start(self, name: str) -> LocalAttempt:
        module = self._directory / f"child_{name.replace(' ', '_')}.py"
        module.write_text(CHILDREN[name])
        self._patch.setattr(local, "MODULE", module.stem)
        self._patch.setenv("PYTHONPATH", str(self._directory))
        engine = LocalEngine({"WAVETAP_DATA_DIR": "here"}, self.log.log, "normal")
        self._started.append(engine.start(CLAIM, self.ended.set))
        return self._started[-1]

    def ending(self, attempt: LocalAttempt) -> Ending | None:
        assert self.ended.wait(30)
        return attempt.ending()

    def close(self) -> None:
        for attempt in self._started:
            attempt.kill()
            assert self.ended.wait(30)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    room = Room(tmp_path, monkeypatch)
    yield room
    room.close()


@pytest.mark.parametrize(
    ("name", "ending"), [("ends", Ending.EXITED), ("fails", Ending.CRASHED), ("gives up", Ending.AWAY)]
)
def test_an_ending_is_told_by_the_exit_code(room: Room, name: str, ending: Ending) -> None:
    assert room.ending(room.start(name)) is ending


def test_a_child_that_somebody_else_kills_has_crashed(room: Room) -> None:
    attempt = room.start("waits")
    assert attempt.ending() is None
    os.kill(attempt.pid, signal.SIGKILL)
    assert room.ending(attempt) is Ending.CRASHED


@pytest.mark.parametrize("wish", ["stop", "hand_back", "kill"])
def test_a_child_that_ends_because_we_say_so_has_not_crashed(room: Room, wish: str) -> None:
    attempt = room.start("waits")
    getattr(attempt, wish)()
    assert room.ending(attempt) is Ending.ENDED_BY_US


def test_a_deaf_child_is_killed(room: Room) -> None:
    attempt = room.start("ignores")
    attempt.stop()
    attempt.kill()
    assert room.ending(attempt) is Ending.ENDED_BY_US


def test_a_kill_for_want_of_memory_is_told_by_the_counter(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = room.start("waits")
    monkeypatch.setattr(local, "oom_kills", lambda: 10**6)
    os.kill(attempt.pid, signal.SIGKILL)
    assert room.ending(attempt) is Ending.OUT_OF_MEMORY


def test_a_child_knows_its_settings_and_not_the_key(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETAP_API_KEY", "secret-secret")
    attempt = room.start("tells")
    assert room.ending(attempt) is Ending.EXITED
    (told,) = [line for line in room.log.lines if line["event"] == "environment"]
    assert told["child_is"]["OPENBLAS_NUM_THREADS"] == "1"
    assert told["child_is"]["WAVETAP_DATA_DIR"] == "here"
    assert "WAVETAP_API_KEY" not in told["child_is"]
    assert (told["job"], told["attempt"]) == ("job_1", 1)


def test_output_that_is_no_event_is_relayed_as_text() -> None:
    output = io.BytesIO(b'{"event": "fine", "n": 1}\nplain \xff text\n[1, 2]\n')
    kept = KeptLog()
    relay(output, kept.log)
    assert [(line["event"], line.get("child_text"), line.get("child_n")) for line in kept.lines] == [
        ("fine", None, 1),
        ("attempt_output", "plain \ufffd text", None),
        ("attempt_output", "[1, 2]", None),
    ]


def test_the_child_is_run_by_this_python(room: Room) -> None:
    attempt = room.start("waits")
    assert Path(f"/proc/{attempt.pid}/exe").resolve() == Path(sys.executable).resolve()
