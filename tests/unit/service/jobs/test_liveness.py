"""The lock that the kernel lets go of when a supervisor's process dies."""

import subprocess
import sys
from pathlib import Path

from service.jobs.liveness import Liveness

HOLD = """
import sys
from pathlib import Path
from service.jobs.liveness import Liveness
print(Liveness(Path(sys.argv[1])).owner, flush=True)
sys.stdin.read()
"""


def test_the_living_are_not_taken_for_dead(tmp_path: Path) -> None:
    ours, other = Liveness(tmp_path), Liveness(tmp_path)
    assert not ours.is_dead(other.owner)
    assert not ours.is_dead(ours.owner)
    ours.close()
    other.close()


def test_a_killed_process_is_known_to_be_dead(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        owner = process.stdout.readline().strip()
        ours = Liveness(tmp_path)
        assert not ours.is_dead(owner)
        process.kill()
        process.wait()
    assert ours.is_dead(owner)
    ours.close()


def test_nothing_is_known_of_those_who_keep_no_lock_here(tmp_path: Path) -> None:
    ours = Liveness(tmp_path)
    assert not ours.is_dead("elsewhere:0123456789abcdef")
    assert not ours.is_dead("elsewhere:../../etc/passwd")
    ours.close()


def test_only_the_dead_are_buried(tmp_path: Path) -> None:
    ours, living = Liveness(tmp_path), Liveness(tmp_path)
    (tmp_path / "dead.lock").touch()
    ours.bury()
    assert len(list(tmp_path.iterdir())) == 2
    assert not ours.is_dead(living.owner)
    ours.close()
    living.close()


def test_a_supervisor_that_ends_in_order_leaves_no_file(tmp_path: Path) -> None:
    Liveness(tmp_path).close()
    assert not list(tmp_path.iterdir())
