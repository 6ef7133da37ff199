"""Every route has its method and every method its route, and the story that compares them leaves none of them out."""

import json
from pathlib import Path

from api_schemas.generated import inference_pb2, wavetap_pb2
from tests.parity.story import STORY

SNAPSHOT = Path(__file__).parents[2] / "api_schemas" / "openapi.json"

ALONE = {
    "GET /v1/models/{model}/docs": "a page for people",
    "GET /v1/models/{model}/openapi.json": "it describes REST; gRPC has its reflection",
    "GET /metrics": "for Prometheus, which asks over HTTP",
}
"""Routes that have no twin, and why."""

PROTOCOL = {
    "GET /v2": "ServerMetadata",
    "GET /v2/health/live": "ServerLive",
    "GET /v2/health/ready": "ServerReady",
    "GET /v2/models/stats": "ModelStatistics",
    "GET /v2/models/{model}": "ModelMetadata",
    "GET /v2/models/{model}/versions/{version}": "ModelMetadata",
    "GET /v2/models/{model}/ready": "ModelReady",
    "GET /v2/models/{model}/versions/{version}/ready": "ModelReady",
    "GET /v2/models/{model}/config": "ModelConfig",
    "GET /v2/models/{model}/versions/{version}/config": "ModelConfig",
    "GET /v2/models/{model}/stats": "ModelStatistics",
    "GET /v2/models/{model}/versions/{version}/stats": "ModelStatistics",
    "POST /v2/models/{model}/infer": "ModelInfer",
    "POST /v2/models/{model}/versions/{version}/infer": "ModelInfer",
    "POST /v2/repository/index": "RepositoryIndex",
    "POST /v2/repository/models/{model}/load": "RepositoryModelLoad",
    "POST /v2/repository/models/{model}/unload": "RepositoryModelUnload",
}
"""The Open Inference Protocol's own pairs: its answers differ between the protocols, and its clients test them."""

PROTOCOL_ALONE = {"ModelStreamInfer": "many inferences over one stream; HTTP keeps its connection instead"}


def routes() -> set[str]:
    paths = json.loads(SNAPSHOT.read_text("utf-8"))["paths"]
    return {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}


def test_every_route_has_its_twin_in_the_story_or_a_reason_to_have_none() -> None:
    assert {step.route for step in STORY} | set(ALONE) | set(PROTOCOL) == routes()


def test_every_method_has_its_twin_in_the_story() -> None:
    methods = wavetap_pb2.DESCRIPTOR.services_by_name["TrainingService"].methods_by_name
    assert {step.method for step in STORY} == set(methods)


def test_a_route_and_a_method_are_twins_of_each_other_only() -> None:
    pairs = {(step.route, step.method) for step in STORY}
    assert len(pairs) == len({route for route, _ in pairs}) == len({method for _, method in pairs})


def test_every_method_of_the_protocol_has_its_routes() -> None:
    methods = inference_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods_by_name
    assert set(PROTOCOL.values()) | set(PROTOCOL_ALONE) == set(methods)
