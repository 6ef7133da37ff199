"""Spans: what was done for a request, where, and for how long. Nothing is made of them unless someone collects them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from types import TracebackType
from typing import Protocol

from service.domain.origin import CURRENT, Origin

Value = str | int | float | bool


class Kind(StrEnum):
    """What a span is to the one above it."""

    SERVER = "SERVER"
    INTERNAL = "INTERNAL"
    CONSUMER = "CONSUMER"
    """Work that was queued: the one above it has ended."""


class Span(Protocol):
    """A part of a trace while it is open."""

    def set(self, **attributes: Value) -> None:
        """Add to what is said of it; two underscores in a name stand for a dot."""
        ...

    def rename(self, name: str) -> None:
        """Call it what it turned out to be."""
        ...

    def fail(self, reason: str) -> None:
        """Mark it as failed."""
        ...


class Spans(Protocol):
    """Makes spans, and sends them somewhere."""

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Value], links: Sequence[str] = ()
    ) -> AbstractContextManager[Span]:
        """Open a span below `parent`, or below the one that is open here, and linked to others."""
        ...

    def ended(self, name: str, seconds: float, attributes: Mapping[str, Value]) -> None:
        """A span below the one that is open here, that took so many seconds and ends now."""
        ...

    def traceparent(self) -> str | None:
        """The span that is open here, as W3C writes it."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


class _Nothing:
    def set(self, **attributes: Value) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass


NOTHING = _Nothing()


class Untold:
    """Nobody collects spans: none is made."""

    def __init__(self) -> None:
        """Make the one span that says nothing."""
        self._nothing: AbstractContextManager[Span] = nullcontext(NOTHING)

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Value], links: Sequence[str] = ()
    ) -> AbstractContextManager[Span]:
        """The span that says nothing."""
        del name, kind, parent, attributes, links
        return self._nothing

    def ended(self, name: str, seconds: float, attributes: Mapping[str, Value]) -> None:
        """Nobody wants to know."""

    def traceparent(self) -> str | None:
        """There is none."""
        return None

    def close(self) -> None:
        """There is nothing to send."""


class _Unspanned:
    """A request that nobody collects spans of; a class, as a generator would cost three times as much."""

    __slots__ = ("_origin", "_token")

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __enter__(self) -> Span:
        self._token = CURRENT.set(self._origin)
        return NOTHING

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        CURRENT.reset(self._token)


class Traces:
    """Knows the request that is being answered here, and the spans that are open for it."""

    def __init__(self, spans: Spans | None = None) -> None:
        """Take who makes spans, if anyone does."""
        self._spans: Spans = Untold() if spans is None else spans

    def request(self, name: str, origin: Origin, **attributes: Value) -> AbstractContextManager[Span]:
        """Answer a request: until the end of the context it is the origin of whatever is done."""
        if isinstance(self._spans, Untold):
            return _Unspanned(origin)
        return self._spanned(name, origin, attributes)

    @contextmanager
    def _spanned(self, name: str, origin: Origin, attributes: Mapping[str, Value]) -> Iterator[Span]:
        with self._spans.span(name, Kind.SERVER, origin.traceparent, attributes) as span:
            ours = self._spans.traceparent()
            with _Unspanned(origin if ours is None else Origin(origin.request_id, ours)):
                yield span

    def part(
        self, name: str, *, kind: Kind = Kind.INTERNAL, parent: str | None = None, **attributes: Value
    ) -> AbstractContextManager[Span]:
        """A part of the work; below `parent` where that is done elsewhere."""
        return self._spans.span(name, kind, parent, attributes)

    def ended(self, name: str, seconds: float, **attributes: Value) -> None:
        """A part of the work that has just come to its end."""
        self._spans.ended(name, seconds, attributes)

    def batch(self, waiting: Sequence[str], **attributes: Value) -> AbstractContextManager[Span]:
        """Work that is done once for several spans: below the first of them, and linked to all."""
        parent = waiting[0] if waiting else None
        return self._spans.span("batch", Kind.INTERNAL, parent, {**attributes, "requests": len(waiting)}, waiting)

    @property
    def here(self) -> str | None:
        """The span that is open here, for work that is done elsewhere."""
        return self._spans.traceparent()

    @property
    def origin(self) -> Origin | None:
        """The request that is being answered here."""
        return CURRENT.get()

    def close(self) -> None:
        """Send what was not sent yet."""
        self._spans.close()
