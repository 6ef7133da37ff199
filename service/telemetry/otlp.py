"""Spans sent by OpenTelemetry's protocol over HTTP. Only who wants them loads the packages: the extra `tracing`."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.errors import ServiceError
from service.release import release
from service.telemetry.traces import Kind, Span, Value

NAME = "wavetap"
PATH = "/v1/traces"
CLOSES_WITHIN_SECONDS = 2.0
"""A collector that is gone is tried again and again: nobody's end waits for it longer than that."""
NANOSECONDS = 1_000_000_000
W3C = TraceContextTextMapPropagator()


class OtlpSpans:
    """Makes spans and sends them in batches, from a thread of its own."""

    def __init__(self, endpoint: str | None) -> None:
        """Send to this address, or where OTEL_EXPORTER_OTLP_ENDPOINT and its relatives say."""
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH) if endpoint else OTLPSpanExporter()
        described = {"service.version": release()}
        if "OTEL_SERVICE_NAME" not in os.environ:
            described["service.name"] = NAME
        self._provider = TracerProvider(resource=Resource.create(described), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAME, release())

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Value], links: Sequence[str] = ()
    ) -> Iterator[Span]:
        """Open a span below `parent`, or below the one that is open here; an error that passes through marks it."""
        context = None if parent is None else W3C.extract({"traceparent": parent})
        linked = [trace.Link(_context_of(each)) for each in links]
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=SpanKind[kind.value],
            attributes=_dotted(attributes),
            links=linked,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            opened = _OtlpSpan(span)
            try:
                yield opened
            except ServiceError as error:
                opened.fail(error.code.value)
                raise
            except BaseException as error:
                opened.fail(type(error).__name__)
                raise

    def ended(self, name: str, seconds: float, attributes: Mapping[str, Value]) -> None:
        """A span that is told of when it is over."""
        end = time.time_ns()
        begun = end - int(seconds * NANOSECONDS)
        self._tracer.start_span(name, attributes=_dotted(attributes), start_time=begun).end(end)

    def traceparent(self) -> str | None:
        """The span that is open here."""
        carrier: dict[str, str] = {}
        W3C.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Send what was not sent yet."""
        ending = threading.Thread(target=self._provider.shutdown, name="wavetap-traces", daemon=True)
        ending.start()
        ending.join(CLOSES_WITHIN_SECONDS)


class _OtlpSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, **attributes: Value) -> None:
        self._span.set_attributes(_dotted(attributes))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        self._span.set_status(StatusCode.ERROR, reason)


def _context_of(traceparent: str) -> trace.SpanContext:
    return trace.get_current_span(W3C.extract({"traceparent": traceparent})).get_span_context()


def _dotted(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
