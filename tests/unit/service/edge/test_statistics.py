"""Counters add up, and a version that was never asked has zeros."""

from service.edge.statistics import SIZES_TOLD, Statistics, Timing


def test_parts_add_up_to_the_whole() -> None:
    statistics = Statistics()
    statistics.succeeded("m", "1", Timing(rows=3, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    statistics.succeeded("m", "1", Timing(rows=2, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    statistics.failed("m", "1", 100)
    found = statistics.of("m", "1")
    assert (found["inference_count"], found["execution_count"]) == (5, 2)
    assert found["inference_stats"] == {
        "success": {"count": 2, "ns": 30},
        "fail": {"count": 1, "ns": 100},
        "queue": {"count": 2, "ns": 2},
        "compute_input": {"count": 2, "ns": 4},
        "compute_infer": {"count": 2, "ns": 8},
        "compute_output": {"count": 2, "ns": 16},
    }


def test_each_size_of_batches_has_its_own_parts() -> None:
    statistics = Statistics()
    for rows in (3, 1, 3):
        statistics.succeeded("m", "1", Timing(rows, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    assert statistics.of("m", "1")["batch_stats"] == [
        {
            "batch_size": size,
            "compute_input": {"count": count, "ns": 2 * count},
            "compute_infer": {"count": count, "ns": 4 * count},
            "compute_output": {"count": count, "ns": 8 * count},
        }
        for size, count in ((1, 1), (3, 2))
    ]


def test_sizes_without_end_are_not_told() -> None:
    statistics = Statistics()
    for rows in range(1, 2 * SIZES_TOLD):
        statistics.succeeded("m", "1", Timing(rows, queue=1, compute_input=2, compute_infer=4, compute_output=8))
    found = statistics.of("m", "1")
    assert isinstance(found["batch_stats"], list)
    assert len(found["batch_stats"]) == SIZES_TOLD
    assert found["execution_count"] == 2 * SIZES_TOLD - 1


def test_a_version_that_was_never_asked_has_zeros() -> None:
    found = Statistics().of("m", "1")
    assert (found["name"], found["version"], found["inference_count"], found["last_inference"]) == ("m", "1", 0, 0)
