"""The interface's description: complete, consistent, and the one that is in the repository."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import openapi

ROOT = Path(__file__).parents[3]
SNAPSHOT = ROOT / "api_schemas" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return json.loads(json.dumps(openapi()))


def declared_version() -> str:
    """What is installed has this version; the tests may run beside an installation, or without one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_snapshot_is_what_runs(description: dict[str, Any]) -> None:
    """Make it anew with `wavetap openapi > api_schemas/openapi.json`."""
    snapshot = json.loads(SNAPSHOT.read_text("utf-8"))
    described = {**description, "info": {**description["info"], "version": declared_version()}}
    assert snapshot == described


def test_every_operation_says_what_it_does_under_one_name(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(names)) == len(names) > 30
    for path, method, operation in operations(description):
        assert method in METHODS
        assert operation["tags"], path
        assert len(operation["description"]) > 10, path


def test_every_error_is_a_problem(description: dict[str, Any]) -> None:
    for path, _, operation in operations(description):
        for status, answer in operation["responses"].items():
            if status >= "400" and path != "/v2/health/ready":
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (path, status)


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description)))
    assert references == set(description["components"]["schemas"])


def test_every_body_has_an_example(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for path, _, operation in operations(description):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            assert not name or schemas[name]["examples"], path


def test_only_health_is_open(description: dict[str, Any]) -> None:
    assert description["security"] == [{"key": []}]
    opened = {path for path, _, operation in operations(description) if operation.get("security") == []}
    assert opened == {"/v2/health/live", "/v2/health/ready"}
