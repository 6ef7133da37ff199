"""`/v1/training-jobs`."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from api_schemas.rest.schema import NAME_PATTERN, Page
from api_schemas.rest.training_jobs import (
    ResumeRequest,
    State,
    TrainingJob,
    TrainingJobRequest,
    TrainingJobSummary,
)
from service.domain.jobs import Job
from service.domain.states import JobState
from service.edge import views
from service.edge.context import EdgeContext
from service.edge.following import follow
from service.rest.answers import Options, answer, body, created, location, responses
from service.rest.bodies import read_body, read_json
from service.rest.event_stream import EVENT_STREAM, described, encoded
from service.rest.parameters import IdempotencyKey, JobId, ModelName, PageParameters, VersionReference

LARGEST_EVENT = 2**63 - 1
"""No event has a larger number; whatever a client makes up beyond it comes after all of them."""
LARGEST_SPEC = 1 << 20


class TrainingJobRoutes:
    """Submits, shows, follows, cancels and resumes training jobs."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._training = edge.services.training
        self._reproductions = edge.services.reproductions
        self._lane = edge.lanes.storage

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(tags=["Training jobs"])
        jobs, one = "/v1/training-jobs", "/v1/training-jobs/{job:name}"
        there = {200: {"model": TrainingJob, "description": "The key's job was there already."}}
        stream = {200: described(), 204: {"description": "Nothing has followed, and nothing will."}}
        changed: Options = {"response_model": TrainingJob, "responses": responses(404, 409, 413, 415, 422)}
        router.add_api_route(
            jobs,
            self.create,
            methods=["POST"],
            status_code=201,
            response_model=TrainingJob,
            responses=responses(404, 409, 413, 415, 422, others=there),
            openapi_extra=body(TrainingJobRequest),
        )
        router.add_api_route(jobs, self.list, response_model=Page[TrainingJobSummary], responses=responses(422))
        router.add_api_route(one, self.get, response_model=TrainingJob, responses=responses(404), name="training_job")
        router.add_api_route(
            f"{one}/events",
            self.events,
            response_class=StreamingResponse,
            responses=responses(404, 422, others=stream),
        )
        router.add_api_route(f"{one}:cancel", self.cancel, methods=["POST"], **changed)
        resume = body(ResumeRequest, required=False)
        router.add_api_route(
            "/v1/models/{model:name}/versions/{version:name}:reproduce",
            self.reproduce,
            methods=["POST"],
            status_code=201,
            response_model=TrainingJob,
            responses=responses(404, 409, 422, others=there),
        )
        router.add_api_route(f"{one}:resume", self.resume, methods=["POST"], openapi_extra=resume, **changed)
        return router

    async def create(self, request: Request, idempotency_key: IdempotencyKey = None) -> Response:
        """Queue a training job.

        What could never train is refused here, with pointers to what is wrong.
        """
        wanted = await read_json(request, TrainingJobRequest, LARGEST_SPEC, self._lane)
        record, new = await self._lane.run(
            self._training.submit, wanted.model_dump(exclude_unset=True), idempotency_key, self._edge.traces.origin
        )
        view = await self._view(record)
        return created(view, location(request, "training_job", job=record.id), new=new)

    async def list(
        self,
        page: PageParameters,
        state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
        model: Annotated[str | None, Query(pattern=NAME_PATTERN, description="Only jobs of this model.")] = None,
    ) -> Response:
        """List training jobs, newest first."""
        wanted = None if state is None else JobState(state)
        records = await self._lane.run(self._training.list, page, state=wanted, model=model)
        return answer(views.page(records, views.job_summary))

    async def get(self, job: JobId) -> Response:
        """Show one training job with its history."""
        return answer(await self._view(await self._lane.run(self._training.get, job)))

    async def events(
        self,
        job: JobId,
        last_event_id: Annotated[
            str | None, Header(max_length=20, pattern=r"^\d*$", description="Only what happened after this event.")
        ] = None,
    ) -> Response:
        """Follow a training job as server-sent events: what has happened, then what happens, up to the event `end`."""
        after = min(int(last_event_id or 0), LARGEST_EVENT)
        pages = follow(self._training, self._lane, self._edge.lifecycle, job, after)
        first = await anext(pages)
        if first.ended and not first.events:  # nothing will follow: the standard's word for "do not connect again"
            return Response(status_code=204)
        return StreamingResponse(encoded(first, pages), media_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})

    async def cancel(self, job: JobId) -> Response:
        """End a training job; what it has trained so far can be resumed."""
        return answer(await self._view(await self._lane.run(self._training.cancel, job)))

    async def resume(self, request: Request, job: JobId) -> Response:
        """Go on with a training job that has ended, from its checkpoint."""
        wanted = ResumeRequest()
        if request.headers.get("content-type") or await read_body(request, LARGEST_SPEC):
            wanted = await read_json(request, ResumeRequest, LARGEST_SPEC, self._lane)
        return answer(
            await self._view(await self._lane.run(self._training.resume, job, wanted.epochs, wanted.time_limit))
        )

    async def reproduce(
        self, request: Request, model: ModelName, version: VersionReference, idempotency_key: IdempotencyKey = None
    ) -> Response:
        """Queue a job that trains a version again and compares the weights, bit for bit."""
        submit, origin = self._reproductions.submit, self._edge.traces.origin
        record, new = await self._lane.run(submit, model, version, idempotency_key, origin)
        view = await self._view(record)
        return created(view, location(request, "training_job", job=record.id), new=new)

    async def _view(self, record: Job) -> TrainingJob:
        return views.job(record, await self._lane.run(self._training.history, record.id))
