"""Spans as a real collector gets them: from a request over both protocols to the batch and to the job it makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.ephemeral import Running, free_ports, service
from tests import houses
from tests.e2e.http.conftest import LOG, PATIENCE, eventually
from tests.e2e.traces.collector import Collector, attributes, collector
from tests.protocol import CASES, body

pytestmark = pytest.mark.e2e

SOON = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
PARENT = "b7ad6b7169203331"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("traces")
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
    return directory


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    with collector() as made:
        yield made


@pytest.fixture(scope="module")
def running(directory: Path, collected: Collector) -> Iterator[Running]:
    with service(directory, directory / LOG, {"OTEL_EXPORTER_OTLP_ENDPOINT": collected.url, **SOON}) as running:
        yield running


def header(trace: str) -> str:
    return f"00-{trace}-{PARENT}-01"


def lines(directory: Path, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (directory / LOG).read_text().splitlines()]
    return [line for line in found if line["event"] == event]


def test_a_request_over_rest_is_followed_into_its_batch(running: Running, collected: Collector) -> None:
    trace = "a" * 32
    answer = httpx.post(
        f"{running.rest}/v2/models/gestures/infer",
        content=body(),
        headers={"traceparent": header(trace), "X-Request-Id": "over-rest"},
    )
    assert answer.status_code == 200
    server = collected.await_span("POST /v2/models/{model}/infer", trace)
    inference = collected.await_span("inference", trace)
    batch = collected.await_span("batch", trace)
    assert server.parent_span_id.hex() == PARENT
    assert inference.parent_span_id == server.span_id
    assert [link.span_id for link in batch.links] == [inference.span_id]
    told = attributes(server)
    assert told["http.route"] == "/v2/models/{model}/infer"
    assert told["http.response.status_code"] == 200
    assert told["wavetap.request_id"] == "over-rest"
    told = attributes(inference)
    assert (told["model"], told["version"], told["rows"]) == ("gestures", 1, 3)
    assert attributes(batch) == {"rows": 3, "requests": 1}
    assert "wavetap" in collected.services


def test_a_call_over_grpc_is_followed_too(running: Running, collected: Collector) -> None:
    trace = "b" * 32
    entry = {"name": "series", "datatype": "FP32", "shape": CASES.shape}
    request = pb.ModelInferRequest(model_name="gestures", inputs=[entry], raw_input_contents=[CASES.tobytes()])
    with grpc.insecure_channel(running.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
        stub.ModelInfer(request, metadata=(("traceparent", header(trace)),), timeout=PATIENCE)
    server = collected.await_span("inference.GRPCInferenceService/ModelInfer", trace)
    assert server.parent_span_id.hex() == PARENT
    assert collected.await_span("inference", trace).parent_span_id == server.span_id
    assert attributes(server)["rpc.method"] == "ModelInfer"


def test_what_goes_wrong_is_marked(running: Running, collected: Collector) -> None:
    trace = "c" * 32
    refused = httpx.post(
        f"{running.rest}/v2/models/gestures/infer", content=b"{}", headers={"traceparent": header(trace)}
    )
    assert refused.status_code == 400
    assert collected.await_span("inference", trace).status.message == "INVALID_ARGUMENT"
    server = collected.await_span("POST /v2/models/{model}/infer", trace)
    assert attributes(server)["http.response.status_code"] == 400
    assert server.status.code == 0


def test_a_job_belongs_to_the_request_that_made_it(running: Running, collected: Collector, directory: Path) -> None:
    trace = "d" * 32
    job = httpx.post(
        f"{running.rest}/v1/training-jobs",
        json={"model": "followed", "dataset": "gestures", "network": houses.TINY, "training": {"epochs": 2}},
        headers={"traceparent": header(trace), "X-Request-Id": "asked-for-training"},
    ).json()["id"]
    attempt = collected.await_span("training attempt", trace)
    server = collected.await_span("POST /v1/training-jobs", trace)
    assert attempt.parent_span_id == server.span_id
    assert attributes(attempt) == {"job": job, "attempt": 1}
    epochs = collected.find_all("epoch", trace)
    assert sorted(attributes(span)["epoch"] for span in epochs) == [1, 2]
    for span in [*epochs, collected.await_span("publication", trace)]:
        assert span.parent_span_id == attempt.span_id
        assert attempt.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= attempt.end_time_unix_nano
    started = eventually(lambda: [line for line in lines(directory, "attempt_started") if line["job"] == job], "a line")
    done = eventually(lambda: [line for line in lines(directory, "attempt_done") if line["job"] == job], "a line")
    assert (started[0]["request_id"], started[0]["trace_id"]) == ("asked-for-training", trace)
    assert (done[0]["child_request_id"], done[0]["child_trace_id"]) == ("asked-for-training", trace)


@pytest.mark.parametrize("given", ["", "00-" + "0" * 32 + f"-{PARENT}-01", "nonsense", header("E" * 32), "é"])
def test_a_header_that_is_none_begins_a_trace_of_its_own(running: Running, collected: Collector, given: str) -> None:
    before = len(collected.spans)
    answer = httpx.get(f"{running.rest}/v2", headers={"traceparent": given.encode()})
    assert answer.status_code == 200
    eventually(lambda: len(collected.spans) > before, "a span")
    assert collected.spans[before].parent_span_id == b""


def test_without_a_collector_nothing_is_sent_and_the_trace_is_carried_on(tmp_path: Path) -> None:
    trace = "f" * 32
    with houses.house_in(tmp_path) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
    with service(tmp_path, tmp_path / LOG) as running:
        request = {"model": "quiet", "dataset": "gestures", "network": houses.TINY, "training": {"epochs": 1}}
        headers = {"traceparent": header(trace), "X-Request-Id": "quiet"}
        job = httpx.post(f"{running.rest}/v1/training-jobs", json=request, headers=headers).json()["id"]
        told = eventually(lambda: [one for one in lines(tmp_path, "request") if one["request_id"] == "quiet"], "a line")
        assert [line["trace_id"] for line in told] == [trace]
        started = eventually(lambda: [one for one in lines(tmp_path, "attempt_started") if one["job"] == job], "a line")
        assert started[0]["trace_id"] == trace


def test_a_collector_that_is_gone_harms_nobody(directory: Path) -> None:
    (port,) = free_ports(1)
    with service(
        directory, directory / "gone.log", {"WAVETAP_TRACES_ENDPOINT": f"http://127.0.0.1:{port}", **SOON}
    ) as it:
        for _ in range(5):
            assert httpx.post(f"{it.rest}/v2/models/gestures/infer", content=body()).status_code == 200
        assert httpx.get(f"{it.rest}/v2/health/ready").status_code == 200
    assert it.process.returncode == 0
