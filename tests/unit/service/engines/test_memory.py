"""Evidence of processes that were killed for want of memory."""

from pathlib import Path

from service.engines.memory import oom_kills


def test_the_counter_of_our_group_is_read(tmp_path: Path) -> None:
    membership = tmp_path / "cgroup"
    membership.write_text("0::/system.slice/wavetap\n")
    group = tmp_path / "system.slice" / "wavetap"
    group.mkdir(parents=True)
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert oom_kills(membership, tmp_path) == 2


def test_the_counter_of_the_older_hierarchy_is_read(tmp_path: Path) -> None:
    membership = tmp_path / "cgroup"
    membership.write_text("7:cpu,cpuacct:/x\n4:memory:/docker/abc\n")
    group = tmp_path / "memory"
    group.mkdir()
    (group / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n")
    assert oom_kills(membership, tmp_path) == 5


def test_without_evidence_there_are_none(tmp_path: Path) -> None:
    assert oom_kills(tmp_path / "missing", tmp_path) == 0


def test_this_machine_can_be_asked() -> None:
    assert oom_kills() >= 0
