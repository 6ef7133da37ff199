"""Errors as RFC 9457 problems; the member `error` serves clients of the inference protocol."""

from pydantic import Field

from api_schemas.rest.schema import Schema, example


class ProblemDetail(Schema):
    """One fault and where it stands."""

    pointer: str = Field(
        description="A JSON pointer into the body, a parameter's or header's name, or a place in a file."
    )
    detail: str


class Problem(Schema):
    """What went wrong; `application/problem+json`."""

    model_config = example(
        {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "The kernel of 31 steps is longer than the shortest series, which has 24.",
            "code": "INVALID_ARGUMENT",
            "errors": [{"pointer": "/network/layers/0/kernel", "detail": "At most 24 with valid padding."}],
            "request_id": "3f0c9b2a51d84a6f",
            "error": "The kernel of 31 steps is longer than the shortest series, which has 24.",
        }
    )

    type: str = "about:blank"
    title: str = Field(description="The meaning of the status.")
    status: int
    detail: str = Field(description="What was wrong with this request, and what would be accepted.")
    code: str = Field(description="The canonical code, in gRPC's vocabulary.")
    errors: list[ProblemDetail] = Field(default=[], max_length=10)
    request_id: str = Field(description="Also in the header X-Request-Id and in the service's log.")
    error: str = Field(description="The same as `detail`.")
