"""A job's story as it is written: what has happened, then what happens, to the end."""

from collections.abc import AsyncIterator
from dataclasses import replace

from service.domain.jobs import EventKind, EventPage, JobEvent
from service.edge.lanes import Lane
from service.edge.lifecycle import Lifecycle
from service.usecases.training import Training

LOOK_EVERY_SECONDS = 0.25
SIGN_OF_LIFE_SECONDS = 15.0
"""After so long without an event an empty page says that the story goes on."""


async def follow(
    training: Training, lane: Lane, lifecycle: Lifecycle, job: str, after: int
) -> AsyncIterator[EventPage]:
    """Pages of events behind a sequence number, the first at once, until the job or the service ends; NotFound."""
    page = await lane.run(training.events, job, after)
    yield _told(page)
    silent = 0.0
    while not page.ended:
        if page.events:
            after, silent = page.events[-1].sequence, 0.0
        elif await lifecycle.pause(LOOK_EVERY_SECONDS):
            return
        page = await lane.run(training.events, job, after)
        silent += LOOK_EVERY_SECONDS
        if page.events or page.ended or silent >= SIGN_OF_LIFE_SECONDS:
            silent = 0.0
            yield _told(page)


def _told(page: EventPage) -> EventPage:
    """The page as followers hear it: an end that was not the last word, as the job was resumed, is a state."""
    last = page.events[-1:] if page.ended else ()
    return replace(page, events=tuple(event if event in last else _no_end(event) for event in page.events))


def _no_end(event: JobEvent) -> JobEvent:
    return replace(event, kind=EventKind.STATE) if event.kind is EventKind.END else event
