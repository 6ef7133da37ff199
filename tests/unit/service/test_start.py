"""What a service loads before it has anything to do: nothing that it may never need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LATER = {
    "alembic": "the schema is new or old",
    "onnx": "a model is exported",
    "onnxruntime": "an export is compared",
    "pyarrow": "a dataset is read",
    "psycopg": "the database is PostgreSQL",
    "sqlalchemy.dialects.postgresql": "the database is PostgreSQL",
    "opentelemetry.sdk": "spans are sent",
    "httpx": "a command asks a service",
    "grpc": "a tool asks for reflection",
    "numpy.random": "weights are drawn",
}
PROGRAM = f"""
import sys
import service.cli.app
import service.bootstrap
print(*(name for name in {tuple(LATER)!r} if name in sys.modules))
"""
SCHEMAS = """
import api_schemas.rest.protocol as protocol
built = protocol.InferRequest.__pydantic_complete__
request = protocol.InferRequest.model_validate_json(
    '{"inputs": [{"name": "series", "shape": [1], "datatype": "FP32", "data": [1]}]}')
print(built, protocol.InferRequest.__pydantic_complete__, request.inputs[0].name)
"""


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_may_never_be_needed_is_loaded_when_it_is() -> None:
    assert printed(PROGRAM) == ""


def test_a_schema_is_built_by_the_first_request_that_needs_it() -> None:
    assert printed(SCHEMAS) == "False True series"
