"""Series are counted under few labels, and jobs are asked for when they are read."""

from prometheus_client.parser import text_string_to_metric_families

from service.telemetry.metrics import Metrics


def values(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_rows_and_jobs_are_told() -> None:
    jobs = {"QUEUED": 1, "RUNNING": 0}
    metrics = Metrics(lambda: jobs)
    metrics.request("rest", "GET", "/v1/models/{model}", "200", 0.1)
    metrics.inference("gestures", 1, 5, 0.01)
    metrics.batch("gestures", 1, 5, 0.01)
    jobs["RUNNING"] = 2
    found = values(metrics)
    labels = (("method", "GET"), ("protocol", "rest"), ("route", "/v1/models/{model}"))
    assert found["wavetap_requests_total", (*labels, ("status", "200"))] == 1
    assert found["wavetap_request_duration_seconds_count", labels] == 1
    assert found["wavetap_inference_rows_total", (("model", "gestures"), ("version", "1"))] == 5
    version = (("model", "gestures"), ("version", "1"))
    assert found["wavetap_inference_queue_seconds_sum", version] == 0.01
    assert found["wavetap_inference_compute_seconds_count", version] == 1
    assert found["wavetap_inference_batch_rows_sum", version] == 5
    assert found["wavetap_training_jobs", (("state", "RUNNING"),)] == 2
    assert found["process_resident_memory_bytes", ()] > 0


def test_two_services_in_one_process_count_apart() -> None:
    first, second = Metrics(dict), Metrics(dict)
    first.request("rest", "GET", "/", "200", 0.1)
    assert "wavetap_requests_total{" not in second.text().decode()


def test_requests_that_are_being_answered_are_told_as_they_are_now() -> None:
    metrics = Metrics(dict)
    for protocol, more in (("rest", 2), ("grpc", 1), ("rest", -1)):
        metrics.in_flight[protocol] += more
        found = values(metrics)
        for each in ("rest", "grpc"):
            assert found["wavetap_requests_in_flight", (("protocol", each),)] == metrics.in_flight[each]
