"""Whether anybody collects spans, and who makes them then."""

from collections.abc import Mapping

from service.errors import Unavailable
from service.telemetry.traces import Traces

ADDRESSES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""OpenTelemetry's own names."""
OFF = "OTEL_SDK_DISABLED"


def traces(endpoint: str | None, environment: Mapping[str, str]) -> Traces:
    """Silent ones unless an address is set; Unavailable if there is one, and nothing to send with."""
    named = endpoint or any(environment.get(name) for name in ADDRESSES)
    if not named or environment.get(OFF, "").lower() == "true":
        return Traces()
    try:
        from service.telemetry.otlp import OtlpSpans  # noqa: PLC0415 - an extra, that is not always there
    except ImportError as error:
        message = "Traces are to be sent, but OpenTelemetry is not installed: install wavetap[tracing]."
        raise Unavailable(message) from error
    return Traces(OtlpSpans(endpoint))
