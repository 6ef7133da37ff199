"""One model's part of the interface's description, with what it shares with the whole: refusals, files and the key."""

from typing import Any

from pydantic.json_schema import models_json_schema

from api_schemas.rest.problems import Problem
from service.edge.example import Example
from service.edge.model_description import model_description
from service.rest import case_bodies
from service.rest.answers import reference
from service.rest.description import KEY, REFERENCE
from service.rest.problems import MEDIA_TYPE

REFUSAL = {
    "description": "A refusal, or a fault of the service.",
    "content": {MEDIA_TYPE: {"schema": reference(Problem)}},
}


def model_openapi(example: Example, base: str, *, keyed: bool) -> dict[str, Any]:
    """OpenAPI 3.1 of what one version answers at `base`; `keyed` where it asks for a key."""
    description = model_description(example, base)
    operations = {path: item["post"] for path, item in description["paths"].items()}
    for path, operation in operations.items():
        operation["responses"]["default"] = REFUSAL
        if path.endswith(":predict"):
            operation["requestBody"]["content"] |= case_bodies.described()
    _, definitions = models_json_schema([(Problem, "validation")], ref_template=REFERENCE)
    components: dict[str, Any] = {"schemas": definitions["$defs"]}
    if not keyed:
        return description | {"components": components}
    return description | {"components": {**components, "securitySchemes": {"key": KEY}}, "security": [{"key": []}]}
