"""Makes `api_schemas/generated` from the proto files: `python -m api_schemas.proto.generate [DIRECTORY]`.

The proto files are given a virtual path, so that the generated modules import each other by their full names.
"""

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # it publishes no types

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PACKAGE = "api_schemas/generated"


def generate(root: Path) -> int:
    """Write messages, stubs and their types beneath `root`; the answer is protoc's exit code."""
    sources = sorted(f"{PACKAGE}/{path.name}" for path in HERE.glob("*.proto"))
    return int(
        protoc.main(
            [
                "protoc",
                f"--proto_path={PACKAGE}={HERE}",
                f"--proto_path={files('grpc_tools') / '_proto'}",
                *(f"--{plugin}_out={root}" for plugin in ("python", "mypy", "grpc_python", "mypy_grpc")),
                *sources,
            ]
        )
    )


if __name__ == "__main__":
    sys.exit(generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
