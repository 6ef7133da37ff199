"""The training-job methods of `wavetap.v1.TrainingService`."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from google.protobuf.json_format import ParseDict

from api_schemas.generated import wavetap_pb2 as pb
from service.domain.jobs import Job
from service.domain.states import JobState
from service.edge import views
from service.edge.context import EdgeContext
from service.edge.following import follow
from service.errors import Detail, InvalidRequest
from service.rpc.http2.call import Call
from service.rpc.messages import message, page_request, plain

SECTIONS: tuple[Literal["network", "preprocessing", "training"], ...] = ("network", "preprocessing", "training")

NUMBERS: tuple[Literal["priority", "time_limit"], ...] = ("priority", "time_limit")


class TrainingJobMethods:
    """Submits, shows, follows, cancels and resumes training jobs."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._edge = edge
        self._training = edge.services.training
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "CreateTrainingJob": self.create,
            "ListTrainingJobs": self.list,
            "GetTrainingJob": self.get,
            "CancelTrainingJob": self.cancel,
            "ResumeTrainingJob": self.resume,
            "WatchTrainingJob": self.watch,
            "ReproduceModelVersion": self.reproduce,
        }

    async def create(self, request: pb.CreateTrainingJobRequest, _call: Call) -> pb.TrainingJob:
        """Queue a training job."""
        record, _ = await self._lane.run(
            self._training.submit, _spec(request), request.idempotency_key or None, self._edge.traces.origin
        )
        return await self._message(record)

    async def list(self, request: pb.ListTrainingJobsRequest, _call: Call) -> pb.TrainingJobPage:
        """List training jobs, newest first."""
        records = await self._lane.run(
            self._training.list, page_request(request), state=_state(request.state), model=request.model or None
        )
        return message(views.page(records, views.job_summary), pb.TrainingJobPage())

    async def get(self, request: pb.TrainingJobRequest, _call: Call) -> pb.TrainingJob:
        """Show one training job with its history."""
        return await self._message(await self._lane.run(self._training.get, request.id))

    async def cancel(self, request: pb.TrainingJobRequest, _call: Call) -> pb.TrainingJob:
        """End a training job."""
        return await self._message(await self._lane.run(self._training.cancel, request.id))

    async def resume(self, request: pb.ResumeTrainingJobRequest, _call: Call) -> pb.TrainingJob:
        """Go on with a training job that has ended."""
        epochs = request.epochs if request.HasField("epochs") else None
        limit = request.time_limit if request.HasField("time_limit") else None
        return await self._message(await self._lane.run(self._training.resume, request.id, epochs, limit))

    async def reproduce(self, request: pb.ReproduceModelVersionRequest, _call: Call) -> pb.TrainingJob:
        """Queue a job that trains a version again and compares the weights."""
        submit = self._edge.services.reproductions.submit
        key, origin = request.idempotency_key or None, self._edge.traces.origin
        record, _ = await self._lane.run(submit, request.model, request.version, key, origin)
        return await self._message(record)

    async def watch(self, request: pb.WatchTrainingJobRequest, _call: Call) -> AsyncIterator[pb.JobEvent]:
        """Follow a training job: what has happened, then what happens, up to its end."""
        async for page in follow(self._training, self._lane, self._edge.lifecycle, request.id, request.after):
            for event in page.events:
                content = {"sequence": event.sequence, "kind": event.kind.value, "data": dict(event.data)}
                yield ParseDict(content, pb.JobEvent())

    async def _message(self, record: Job) -> pb.TrainingJob:
        history = await self._lane.run(self._training.history, record.id)
        return message(views.job(record, history), pb.TrainingJob())


def _spec(request: pb.CreateTrainingJobRequest) -> dict[str, Any]:
    """The request as REST has it: without what was left out."""
    spec: dict[str, Any] = {"model": request.model, "dataset": request.dataset}
    if request.task:
        spec["task"] = request.task
    spec |= {name: getattr(request, name) for name in NUMBERS if request.HasField(name)}
    return spec | {name: plain(getattr(request, name)) for name in SECTIONS if request.HasField(name)}


def _state(name: str) -> JobState | None:
    if not name:
        return None
    if name not in JobState.__members__:
        message = f"A state is one of {', '.join(JobState)}."
        raise InvalidRequest(message, Detail("/state", message))
    return JobState(name)
