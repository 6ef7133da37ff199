"""Counters add up, also over processes, and a version that was never asked has zeros."""

from pathlib import Path

from service.edge.counters import Timing
from service.edge.shared_counters import SharedCounters
from service.edge.statistics import Statistics


def test_parts_add_up_to_the_whole() -> None:
    statistics = Statistics()
    statistics.succeeded("m", "1", Timing(rows=3, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    statistics.succeeded("m", "1", Timing(rows=2, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    statistics.computed("m", "1", rows=5, ns=4)
    statistics.computed("m", "1", rows=5, ns=6)
    statistics.failed("m", "1", 100)
    found = statistics.whole().of("m", "1")
    assert (found["inference_count"], found["execution_count"]) == (5, 2)
    assert found["inference_stats"] == {
        "success": {"count": 2, "ns": 30},
        "fail": {"count": 1, "ns": 100},
        "queue": {"count": 2, "ns": 2},
        "compute_input": {"count": 2, "ns": 4},
        "compute_infer": {"count": 2, "ns": 8},
        "compute_output": {"count": 2, "ns": 16},
    }


def test_batches_are_told_by_their_size() -> None:
    statistics = Statistics()
    for rows, ns in ((8, 1), (2, 2), (8, 3), (5000, 4)):
        statistics.computed("m", "1", rows, ns)
    assert statistics.whole().of("m", "1")["batch_stats"] == [
        {"batch_size": 2, "compute_infer": {"count": 1, "ns": 2}},
        {"batch_size": 8, "compute_infer": {"count": 2, "ns": 4}},
        {"batch_size": 1024, "compute_infer": {"count": 1, "ns": 4}},
    ]


def test_a_version_that_was_never_asked_has_zeros() -> None:
    found = Statistics().whole().of("m", "1")
    assert (found["name"], found["version"], found["inference_count"], found["last_inference"]) == ("m", "1", 0, 0)


def test_processes_that_share_a_directory_tell_the_same_whole(tmp_path: Path) -> None:
    first, second = (Statistics(SharedCounters(tmp_path)) for _ in range(2))
    alone = Statistics()
    for number, statistics in enumerate((first, second, second)):
        for each in (statistics, alone):
            each.computed("m", "1", rows=2 + number, ns=7)
            each.failed("m", "2", 5)
    for statistics in (first, second):
        statistics.tell()
    for version in ("1", "2", "3"):
        assert first.whole().of("m", version) == second.whole().of("m", version) == alone.whole().of("m", version)


def test_the_latest_inference_of_all_is_told_and_what_a_dead_process_told_last_stays(tmp_path: Path) -> None:
    dead = Statistics(SharedCounters(tmp_path))
    dead.succeeded("m", "1", Timing(rows=3, queue=1, compute_input=1, compute_infer=1, compute_output=1))
    dead.tell()
    told = dead.own().of("m", "1")
    del dead
    living = Statistics(SharedCounters(tmp_path))
    assert living.whole().of("m", "1") == told
    living.tell()
    assert living.whole().of("m", "1") == told
