"""A story told to one house over one protocol: what each step answers, in a form that both protocols share."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import orjson
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from api_schemas.generated import wavetap_pb2 as pb
from service.bootstrap import House
from service.client.events import events
from tests import houses
from tests.callers import Caller
from tests.parity.steps import Step

SERVICE = pb.DESCRIPTOR.services_by_name["TrainingService"]
IDENTIFIER = re.compile(r"(ds|job)_[0-9a-z]{26}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)")
PASSING = {"seconds": 0.0, "next_cursor": "cursor"}
"""What is another in each house: a time that was taken, and where a page ends."""

Answer = tuple[str, Any]
Tell = Callable[[Step, dict[str, str]], Answer]
"""The canonical code of an answer, and what it says if it is OK."""


def told(story: tuple[Step, ...], tell: Tell, house: House) -> Iterator[tuple[Step, Answer]]:
    """Each step with its answer; a job that a step has queued is run before the next."""
    known: dict[str, str] = {}
    seen: dict[str, str] = {}
    for step in story:
        code, content = tell(step, known)
        if step.names is not None:
            known[step.names] = content["id"]
        if step.then:
            houses.run_next(house, house.edge.services.training.get(content["id"]))
        yield step, (code, masked(content, seen))


def over_rest(caller: Caller) -> Tell:
    """Through the HTTP application."""

    def tell(step: Step, known: dict[str, str]) -> Answer:
        verb, _, path = step.route.partition(" ")
        place = path.format(**{name: value.format(**known) for name, value in step.at.items()})
        headers = {} if step.ask.key is None else {"Idempotency-Key": step.ask.key}
        body = {"content": step.ask.content} if step.ask.content is not None else {"json": step.ask.json}
        options = body if step.ask.content is not None or step.ask.json is not None else {}
        answer = caller.request(verb, place, params=dict(step.ask.query), headers=headers, **options)
        if answer.is_error:
            return answer.json()["code"], None
        read = READINGS.get(step.method)
        if read is not None:
            return "OK", read(answer.content)
        return "OK", shared(ParseDict(answer.json() if answer.content else {}, made(step.method)))

    return tell


def over_rpc(stub: Any) -> Tell:
    """Through the gRPC server."""

    def tell(step: Step, known: dict[str, str]) -> Answer:
        try:
            answer = getattr(stub, step.method)(step.message(known))
            if step.method in STREAMS:
                return "OK", STREAMS[step.method](answer)
        except grpc.RpcError as error:
            return error.code().name, None
        return "OK", shared(answer)

    return tell


def made(method: str) -> Message:
    """An empty answer of a method."""
    answer: Message = GetMessageClass(SERVICE.methods_by_name[method].output_type)()
    return answer


def shared(message: Message) -> dict[str, Any]:
    """A message as JSON, under the names of its fields."""
    content: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return content


def without_nulls(content: Any) -> Any:
    """JSON as a message can hold it: what is null is not set."""
    if isinstance(content, dict):
        return {name: without_nulls(value) for name, value in content.items() if value is not None}
    return [without_nulls(value) for value in content] if isinstance(content, list) else content


def masked(content: Any, seen: dict[str, str]) -> Any:
    """The same without what differs from house to house; identifiers are numbered in the order they come."""
    if isinstance(content, dict):
        return {
            masked(name, seen): PASSING[name] if name in PASSING else masked(without_digest(name, value), seen)
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [masked(value, seen) for value in content]
    if isinstance(content, str):
        named = IDENTIFIER.sub(lambda found: seen.setdefault(found[0], f"{found[1]}-{len(seen)}"), content)
        return MOMENT.sub("then", named)
    return content


def without_digest(name: str, value: Any) -> Any:
    """An ONNX file holds the identifier of its job, so that its digest is of this house only."""
    return {**value, "sha256": "digest"} if name == "onnx" and "sha256" in value else value


def _predictions(content: bytes) -> Any:
    answer = pb.PredictResponse()
    plain = _json(content)
    for prediction in plain.pop("predictions"):
        value = prediction.pop("value", [])
        forecast = [{"values": channel} for channel in prediction.pop("forecast", [])]
        answer.predictions.add(
            **prediction,
            value=value if isinstance(value, list) else [value],
            forecast=[pb.Channel(**channel) for channel in forecast],
        )
    return shared(ParseDict(plain, answer))


def _evaluation(content: bytes) -> Any:
    plain = without_nulls(_json(content))
    plain["confusion"] = {label: {"predicted": row} for label, row in plain.get("confusion", {}).items()}
    return shared(ParseDict(plain, pb.Evaluation()))


def _events(content: bytes) -> Any:
    return [{"sequence": event.sequence, "kind": event.kind, "data": event.data} for event in events([content])]


def _watched(stream: Iterator[pb.JobEvent]) -> Any:
    return [
        {"sequence": event.sequence, "kind": event.kind, "data": _integers(MessageToDict(event.data))}
        for event in stream
    ]


def _integers(content: Any) -> Any:
    """A Struct knows floats only."""
    if isinstance(content, dict):
        return {name: _integers(value) for name, value in content.items()}
    return int(content) if isinstance(content, float) and content.is_integer() else content


def _json(content: bytes) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(content)
    return plain


READINGS: dict[str, Callable[[bytes], Any]] = {
    "Predict": _predictions,
    "Evaluate": _evaluation,
    "WatchTrainingJob": _events,
    "DownloadOnnx": len,
}
"""Answers whose form differs between the protocols: a map of maps, a list of lists, a stream."""
STREAMS: dict[str, Callable[[Any], Any]] = {
    "WatchTrainingJob": _watched,
    "DownloadOnnx": lambda stream: sum(len(chunk.content) for chunk in stream),
}
