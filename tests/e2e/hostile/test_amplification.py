"""Row 29: small bodies that draw large answers, or none; in every field of every route that takes JSON."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from service.bootstrap import openapi
from tests.e2e.hostile.conftest import Victim, memory_is_flat
from tests.e2e.http.conftest import eventually
from tests.protocol import CASES, tensor

pytestmark = pytest.mark.e2e

HOLE = b'"hole"'
WIDE = b"[" + b",".join([b"{}"] * 20_000) + b"]"
POISONS = {
    "20,000 empty objects": WIDE,
    "a secret within": b'[[{"x": "s3cr3t"}, "s3cr3t"]]',
    "a secret in an object": b'[{"kind": ["s3cr3t"], "x": {"s3cr3t": 1}}]',
    "a lone surrogate": b'"\\ud800"',
    "a lone surrogate in a list": b'["\\ud800"]',
    "not a number": b"NaN",
    "not a number in an object": b'{"x": NaN}',
    "a number without end": b"1" + b"0" * 5000,
}
"""What FastAPI answers with 7 MB, or with 500."""

LARGEST_ANSWER = 16 << 10
ECHOES = ("{}", "s3cr3t")
"""A refusal may name a number or a text that it refuses, and nothing of what holds others."""
CPU_SECONDS = 1.0
OTHERWISE_RIGHT: dict[str, dict[str, Any]] = {
    "/v1/training-jobs": {"model": "m", "dataset": "gestures"},
    "/v1/models/gestures:predict": {"series": CASES.tolist()},
    "/v2/models/gestures/infer": {"inputs": [tensor()]},
    "/v2/models/gestures/versions/1/infer": {"inputs": [tensor()]},
}
"""What such bodies need, so that nothing but the poison is wrong with them."""

WITHIN = {
    "network": ("layers", "recipe"),
    "preprocessing": ("scaling", "window"),
    "training": ("epochs", "optimizer", "validation", "augmentation"),
}
"""Members of the objects that the description leaves open."""

FILLED = {"model": "gestures", "dataset": "gestures", "version": "1", "alias": "live", "job": "job_1"}
JSON = {"Content-Type": "application/json"}


def places() -> Iterator[tuple[str, str, str]]:
    """Method, path and field, for every field of every JSON body in the description of the interface."""
    described = openapi()
    for path, operations in described["paths"].items():
        filled = re.sub(r"{(\w+)}", lambda found: FILLED[found[1].split("_")[0]], path)
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            for field in fields(described, content.get("application/json", {}).get("schema")):
                yield method.upper(), filled, field
                for member in WITHIN.get(field, ()):
                    yield method.upper(), filled, f"{field}.{member}"


def fields(described: dict[str, Any], schema: dict[str, Any] | None) -> Iterator[str]:
    if schema is None:
        return
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {})


PLACES = sorted(places())


def body(path: str, field: str, poison: bytes) -> bytes:
    name, _, member = field.partition(".")
    content = {**OTHERWISE_RIGHT.get(path, {}), name: {member: "hole"} if member else "hole"}
    return json.dumps(content).encode().replace(HOLE, poison)


def test_there_are_fields_to_poison() -> None:
    assert {field for _, path, field in PLACES if path == "/v1/training-jobs"} >= {"model", "network", "time_limit"}
    assert {field for _, path, field in PLACES if path.startswith("/v2/models")} >= {"id", "inputs", "outputs"}


@pytest.mark.parametrize("poison", POISONS)
def test_row_29_no_field_amplifies(victim: Victim, poison: str) -> None:
    for method, path, field in PLACES:
        for content in (body(path, field, POISONS[poison]), POISONS[poison]):
            before = victim.cpu
            answer = victim.http.request(method, path, content=content, headers=JSON)
            where = f"{field} of {method} {path}: {answer.status_code} {answer.text[:500]}"
            assert 400 <= answer.status_code < 500, where
            assert len(answer.content) < LARGEST_ANSWER, where
            assert len(answer.json()["errors"]) <= 10, where
            assert not any(echo in answer.text for echo in ECHOES), where
            assert victim.cpu - before < CPU_SECONDS, where


def test_row_29_others_are_answered_while_such_bodies_come(victim: Victim) -> None:
    done = threading.Event()
    content = body("/v1/models/gestures:predict", "series", WIDE)

    def flood() -> None:
        while not done.is_set():
            victim.http.post("/v1/models/gestures:predict", content=content, headers=JSON)

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            eventually(victim.is_prompt, "a prompt answer of the liveness route")
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    ("path", "field"), [("/v1/models/gestures:predict", "series"), ("/v1/training-jobs", "network.layers")]
)
def test_row_29_leaves_nothing_in_memory(victim: Victim, path: str, field: str) -> None:
    content = body(path, field, WIDE)
    memory_is_flat(victim, lambda: victim.http.post(path, content=content, headers=JSON))
