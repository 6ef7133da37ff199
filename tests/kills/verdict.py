"""Whether everything is as it must be: looked at after every blow, and once more when every job has ended."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from model.interchange import archive
from service.domain.artifacts import Artifact
from service.domain.jobs import EventKind, Job
from service.domain.pages import PageRequest
from service.domain.states import TERMINAL, TRANSITIONS, JobState
from service.errors import NotFound, ServiceError
from service.usecases.stored_series import unpack
from tests.kills.history import ALIAS, EPOCHS, MODEL, History, values
from tests.stores import Stores

STEPS = {(state, after) for row in TRANSITIONS.values() for state, after in row.items() if isinstance(after, JobState)}


def every_job(stores: Stores) -> Iterator[Job]:
    """All of them, page by page."""
    cursor = None
    while True:
        page = stores.jobs.list(PageRequest.parse(100, cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def faults_now(stores: Stores, history: History) -> list[str]:
    """What is wrong at any moment: a lost or torn write, or a story that does not hold together."""
    jobs = {job.id: job for job in every_job(stores)}
    faults = [*_datasets(stores, history)]
    for job in jobs.values():
        faults += _story(stores, job)
    faults += [f"{job} was acknowledged and is gone" for job in history.jobs.values() if job not in jobs]
    for identifier, epoch in history.seen_epochs.items():
        if identifier in jobs and jobs[identifier].epoch < epoch:
            faults.append(f"epoch {epoch} of {identifier} was shown and is gone")
    return [*faults, *_versions(stores), *_alias(stores, history)]


def faults_at_the_end(
    stores: Stores, history: History, weights: bytes, metrics: list[dict[str, float]], fewest: int = 1
) -> list[str]:
    """What is wrong besides when every job has had its time."""
    jobs = list(every_job(stores))
    faults = [f"{job.id} did not end: it is {job.state}" for job in jobs if job.state not in TERMINAL]
    keys = {history.jobs[key] for key in history.jobs}
    faults += [f"{job.id} was made twice by one Idempotency-Key" for job in jobs if job.id not in keys]
    if len(jobs) < fewest:
        faults.append(f"there are {len(jobs)} jobs, not {fewest}")
    for job in jobs:
        if job.state in TERMINAL and job.state is not JobState.SUCCEEDED:
            faults.append(f"{job.id} has {job.state}: {job.failure}")
        elif job.state is JobState.SUCCEEDED:
            faults += _result(stores, job, weights, metrics)
    return faults


def _datasets(stores: Stores, history: History) -> Iterator[str]:
    for name, (digest, seed) in history.uploads.items():
        try:
            dataset = stores.datasets.get(name)
            series = unpack(stores.artifacts.get(dataset.artifact))
        except ServiceError as error:
            yield f"the dataset {name} was acknowledged: {error.message}"
            continue
        if dataset.digest != digest or not np.array_equal(series.values.reshape(values(seed).shape), values(seed)):
            yield f"the dataset {name} is not what was sent"


def _story(stores: Stores, job: Job) -> list[str]:
    """The events of a job against its row."""
    events = stores.jobs.events(job.id, 0, 100_000).events
    current = stores.jobs.get(job.id)
    faults = []
    if [event.sequence for event in events] != list(range(1, len(events) + 1)):
        faults.append(f"the events of {job.id} have a gap")
    told = [event.data["epoch"] for event in events if event.kind is EventKind.EPOCH]
    if told[: job.epoch] != list(range(1, job.epoch + 1)) or len(told) > current.epoch:
        faults.append(
            f"{job.id} is at epoch {job.epoch}, and the epochs {told[-3:]} are told of last, {len(told)} in all"
        )
    states = [JobState(event.data["state"]) for event in events if event.kind is not EventKind.EPOCH]
    if not all(step in STEPS for step in pairwise(states)):
        faults.append(f"{job.id} went through {states}")
    ends = sum(event.kind is EventKind.END for event in events)
    if ends > 1 or (job.state in TERMINAL) > ends:
        faults.append(f"{job.id} has ended {ends} times")
    return [*faults, *_checkpoint(stores, current)]


def _checkpoint(stores: Stores, job: Job) -> list[str]:
    """What a row refers to is whole, unless the row has moved on meanwhile."""
    faults = [] if job.checkpoint is None else [*_whole(stores, job.checkpoint.artifact)]
    return faults if stores.jobs.get(job.id).checkpoint == job.checkpoint else []


def _versions(stores: Stores) -> Iterator[str]:
    try:
        numbers = stores.catalogue.model(MODEL).versions
    except NotFound:
        return
    if list(numbers) != list(range(len(numbers), 0, -1)):
        yield f"the versions are {numbers}"
    made = [stores.catalogue.version(MODEL, str(number)).draft for number in numbers]
    if len({draft.job for draft in made}) != len(made):
        yield "a job has published twice"
    for draft in made:
        yield from _whole(stores, draft.archive)
        if draft.onnx.artifact is not None:
            yield from _whole(stores, draft.onnx.artifact)


def _alias(stores: Stores, history: History) -> Iterator[str]:
    if history.alias is None:
        return
    found = stores.catalogue.model(MODEL).aliases.get(ALIAS)
    if found not in history.alias_wanted | {history.alias}:
        yield f"the alias was acknowledged at version {history.alias} and is at {found}"


def _result(stores: Stores, job: Job, weights: bytes, metrics: list[dict[str, float]]) -> Iterator[str]:
    draft = stores.catalogue.version(job.model, str(job.version)).draft
    if (draft.job, draft.attempt) != (job.id, job.attempt):
        yield f"version {job.version} was made by attempt {draft.attempt} of {draft.job}, not {job.attempt} of {job.id}"
    try:
        network = archive.load(stores.artifacts.get(draft.archive)).network
    except ServiceError as error:
        yield error.message
        return
    if network.parameters.tobytes() + network.state.tobytes() != weights:
        yield f"the weights of {job.id} are not those of an unbroken training"
    history = stores.jobs.history(job.id)
    if len(history) != EPOCHS or [dict(record.metrics) for record in history] != metrics:
        yield f"the history of {job.id} is not that of an unbroken training"


def _whole(stores: Stores, artifact: Artifact) -> Iterator[str]:
    try:
        stores.artifacts.get(artifact)
    except ServiceError as error:
        yield error.message
