"""`wavetap.v1.TrainingService`: the same operations as REST, with the same answers and refusals."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict

from api_schemas.generated import wavetap_pb2 as pb
from api_schemas.generated import wavetap_pb2_grpc
from service.bootstrap import House
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rpc.test_inference import refused

Stub = wavetap_pb2_grpc.TrainingServiceStub
FILE = houses.classification_file(seed=3)


@pytest.fixture(scope="module")
def stub(channel: grpc.Channel) -> Stub:
    return Stub(channel)


@pytest.fixture(scope="module")
def rest(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as caller:
        yield caller


def upload(name: str, content: bytes = FILE, size: int = 1000, **header: Any) -> Iterator[pb.UploadChunk]:
    yield pb.UploadChunk(header=pb.UploadHeader(name=name, **{"format": "json", **header}))
    for at in range(0, len(content), size):
        yield pb.UploadChunk(content=content[at : at + size])


def struct(**members: Any) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(members)
    return message


def job_request(model: str = "remote", **fields: Any) -> pb.CreateTrainingJobRequest:
    return pb.CreateTrainingJobRequest(
        **{
            "model": model,
            "dataset": "gestures",
            "network": struct(**houses.TINY),
            "training": struct(epochs=2, batch_size=4),
            **fields,
        }
    )


def test_a_streamed_dataset_is_the_one_that_rest_shows(stub: Stub, rest: Caller) -> None:
    dataset = stub.CreateDataset(upload("streamed"))
    shown = rest.get("/v1/datasets/streamed").json()
    assert dataset.id == shown["id"]
    assert MessageToDict(dataset)["labels"] == {label: str(count) for label, count in shown["labels"].items()}
    assert dataset.created_at.ToDatetime().isoformat() in shown["created_at"]
    assert stub.GetDataset(pb.DatasetRequest(dataset="streamed")) == dataset
    assert dataset.id in {each.id for each in stub.ListDatasets(pb.ListRequest(limit=200)).items}
    stub.DeleteDataset(pb.DatasetRequest(dataset=dataset.id))
    refused(stub.GetDataset, pb.DatasetRequest(dataset="streamed"), grpc.StatusCode.NOT_FOUND)


def test_a_preview_and_a_comparison_tell_what_rest_tells(stub: Stub, rest: Caller) -> None:
    table = b"subject,side,kind,v_0,v_1,v_2,v_3\ns1,A,a,1,2,3,4\ns2,B,b,1,2,3,4\ns1,B,b,0,2,3,4\n"
    header = {"format": "csv", "form": "wide", "label": "kind", "split": "side"}
    told = stub.PreviewDataset(upload("", table, **header))
    shown = rest.post("/v1/datasets:preview", params=header, content=table).json()
    assert [each["kind"] for each in shown["report"]["findings"]].count("leak") == 2
    for part in ("reading", "report"):
        content = MessageToDict(getattr(told, part), always_print_fields_with_no_presence=True)
        assert content == without_null(shown[part], int_as=str)
    stub.CreateDataset(upload("wide", table, **header))
    compared = stub.CompareDatasets(pb.CompareDatasetsRequest(dataset="wide", other="wide"))
    assert (compared.shared_cases, compared.equal, list(compared.shared_groups)) == (3, True, ["s1", "s2"])
    missing = pb.CompareDatasetsRequest(dataset="wide", other="none")
    refused(stub.CompareDatasets, missing, grpc.StatusCode.NOT_FOUND)
    stub.DeleteDataset(pb.DatasetRequest(dataset="wide"))


def without_null(value: Any, int_as: type) -> Any:
    """JSON as protobuf writes it: without what is null, and with 64-bit integers as texts."""
    if isinstance(value, dict):
        return {name: without_null(member, int_as) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_null(member, int_as) for member in value]
    return int_as(value) if type(value) is int else value


def test_a_preview_keeps_nothing(stub: Stub) -> None:
    preview = stub.PreviewDataset(upload("kept-not"))
    assert (preview.cases, preview.id) == (20, "")
    refused(stub.GetDataset, pb.DatasetRequest(dataset="kept-not"), grpc.StatusCode.NOT_FOUND)


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [pb.UploadChunk(content=b"x")],
        [pb.UploadChunk(header=pb.UploadHeader(name="a")), pb.UploadChunk(header=pb.UploadHeader(name="b"))],
        [pb.UploadChunk(header=pb.UploadHeader(name="a", format="xlsx")), pb.UploadChunk(content=b"x")],
        [pb.UploadChunk(header=pb.UploadHeader(name="../a", format="json")), pb.UploadChunk(content=FILE)],
        [pb.UploadChunk(header=pb.UploadHeader(name="a", format="json"))],
    ],
    ids=["nothing", "no header", "two headers", "format", "name", "no content"],
)
def test_a_broken_upload_is_refused_and_leaves_nothing(stub: Stub, house: House, chunks: list[pb.UploadChunk]) -> None:
    refused(stub.CreateDataset, iter(chunks), grpc.StatusCode.INVALID_ARGUMENT)
    assert list(house.edge.spool.directory.iterdir()) == []


def test_a_job_is_the_one_that_rest_shows(stub: Stub, rest: Caller) -> None:
    job = stub.CreateTrainingJob(job_request())
    shown = rest.get(f"/v1/training-jobs/{job.id}").json()
    assert (job.state, job.epochs) == ("QUEUED", 2)
    assert MessageToDict(job.spec) == shown["spec"]
    assert stub.CancelTrainingJob(pb.TrainingJobRequest(id=job.id)).state == "CANCELLED"
    assert stub.ResumeTrainingJob(pb.ResumeTrainingJobRequest(id=job.id, epochs=3)).epochs == 3
    assert stub.CancelTrainingJob(pb.TrainingJobRequest(id=job.id)).state == "CANCELLED"
    assert stub.GetTrainingJob(pb.TrainingJobRequest(id=job.id)).state == "CANCELLED"
    found = stub.ListTrainingJobs(pb.ListTrainingJobsRequest(model="remote", state="CANCELLED")).items
    assert job.id in {each.id for each in found}


def test_a_repeated_key_makes_one_job(stub: Stub) -> None:
    first = stub.CreateTrainingJob(job_request(idempotency_key="k-1"))
    assert stub.CreateTrainingJob(job_request(idempotency_key="k-1")).id == first.id
    refused(stub.CreateTrainingJob, job_request("other", idempotency_key="k-1"), grpc.StatusCode.ALREADY_EXISTS)
    stub.CancelTrainingJob(pb.TrainingJobRequest(id=first.id))


def test_a_key_of_rest_and_of_grpc_is_the_same_key(stub: Stub, rest: Caller) -> None:
    spec = {"model": "remote", "dataset": "gestures", "network": houses.TINY}
    spec["training"] = {"epochs": 2, "batch_size": 4}
    first = rest.post("/v1/training-jobs", json=spec, headers={"Idempotency-Key": "k-2"}).json()["id"]
    assert stub.CreateTrainingJob(job_request(idempotency_key="k-2")).id == first
    stub.CancelTrainingJob(pb.TrainingJobRequest(id=first))


def test_the_story_of_a_job_is_told_to_its_end(stub: Stub, house: House) -> None:
    job = houses.train(house, "told", "gestures")
    events = list(stub.WatchTrainingJob(pb.WatchTrainingJobRequest(id=job.id)))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert events[-1].kind == "end"
    assert events[-1].data["state"] == "SUCCEEDED"
    later = list(stub.WatchTrainingJob(pb.WatchTrainingJobRequest(id=job.id, after=2)))
    assert later == events[2:]


def test_models_versions_and_aliases(stub: Stub, house: House, rest: Caller) -> None:
    houses.train(house, "remote", "gestures")
    model = stub.GetModel(pb.ModelRequest(model="remote"))
    version = stub.GetModelVersion(pb.ModelVersionRequest(model="remote"))
    assert model.latest == version
    assert version in stub.ListModelVersions(pb.ListModelVersionsRequest(model="remote")).items
    assert "remote" in {each.name for each in stub.ListModels(pb.ListRequest()).items}
    assert stub.SetAlias(pb.SetAliasRequest(model="remote", alias="live", version="1")).version == 1
    assert stub.GetModelVersion(pb.ModelVersionRequest(model="remote", version="live")).version == 1
    refused(
        stub.DeleteModelVersion,
        pb.ModelVersionRequest(model="remote", version="live"),
        grpc.StatusCode.INVALID_ARGUMENT,
    )
    refused(
        stub.DeleteModelVersion,
        pb.ModelVersionRequest(model="remote", version="1"),
        grpc.StatusCode.FAILED_PRECONDITION,
    )
    stub.DeleteAlias(pb.AliasRequest(model="remote", alias="live"))
    onnx = b"".join(chunk.content for chunk in stub.DownloadOnnx(pb.DownloadOnnxRequest(model="remote")))
    assert onnx == rest.get("/v1/models/remote/versions/1/onnx").content
    wanted = pb.DownloadOnnxRequest(model="remote", version="1", opset=20, fold=False)
    anew = b"".join(chunk.content for chunk in stub.DownloadOnnx(wanted))
    assert anew == rest.get("/v1/models/remote/versions/1/onnx", params={"opset": 20, "fold": False}).content
    other = stub.DownloadOnnx(pb.DownloadOnnxRequest(model="remote", opset=16))
    with pytest.raises(grpc.RpcError, match="opset is from 17"):
        next(other)
    assert other.code() is grpc.StatusCode.INVALID_ARGUMENT
    stub.DeleteModel(pb.ModelRequest(model="remote"))
    refused(stub.GetModel, pb.ModelRequest(model="remote"), grpc.StatusCode.NOT_FOUND)


@pytest.mark.parametrize("model", ["gestures", "loads", "curve"])
def test_predictions_are_those_of_rest(stub: Stub, rest: Caller, model: str) -> None:
    length = 12 if model != "curve" else rest.get("/v1/models/curve").json()["latest"]["signature"]["length"] or 100
    cases = houses.cases(2, length=length)
    series = [pb.Case(channels=[pb.Channel(values=channel) for channel in case]) for case in cases.tolist()]
    response = stub.Predict(pb.PredictRequest(model=model, series=series))
    shown = rest.post(f"/v1/models/{model}:predict", json={"series": cases.tolist()}).json()["predictions"]
    for ours, theirs in zip(response.predictions, shown, strict=True):
        assert ours.label == theirs.get("label", "")
        assert dict(ours.probabilities) == pytest.approx(theirs.get("probabilities", {}))
        assert list(ours.value) == pytest.approx([theirs["value"]] if "value" in theirs else [])
        for channel, values in zip(ours.forecast, theirs.get("forecast", []), strict=True):
            assert list(channel.values) == pytest.approx(values)


def test_ragged_channels_are_refused_with_their_place(stub: Stub) -> None:
    case = pb.Case(channels=[pb.Channel(values=[1, 2]), pb.Channel(values=[1])])
    request = pb.PredictRequest(model="gestures", series=[case])
    assert "equally long" in refused(stub.Predict, request, grpc.StatusCode.INVALID_ARGUMENT)


def test_evaluations_are_those_of_rest(stub: Stub, rest: Caller) -> None:
    ours = stub.Evaluate(pb.EvaluateRequest(model="gestures", dataset="gestures"))
    theirs = rest.post("/v1/models/gestures:evaluate", json={"dataset": "gestures"}).json()
    assert ours.cases == theirs["cases"]
    assert dict(ours.metrics) == pytest.approx(theirs["metrics"])
    assert {label: dict(row.predicted) for label, row in ours.confusion.items()} == theirs["confusion"]


def test_backtests_are_those_of_rest(stub: Stub, rest: Caller) -> None:
    ours = stub.Evaluate(pb.EvaluateRequest(model="curve", dataset="curve", backtest=pb.Rolling(origins=2)))
    theirs = rest.post("/v1/models/curve:evaluate", json={"dataset": "curve", "backtest": {"origins": 2}}).json()
    assert dict(ours.metrics) == pytest.approx(theirs["metrics"])
    told = theirs["backtest"]
    assert (ours.backtest.origins, ours.backtest.seasonality) == (told["origins"], told["seasonality"])
    for name, metrics in told["baselines"].items():
        assert dict(ours.backtest.baselines[name].metrics) == pytest.approx(metrics)
    wrong = pb.EvaluateRequest(model="curve", dataset="curve", backtest=pb.Rolling(origins=-1))
    refused(stub.Evaluate, wrong, grpc.StatusCode.INVALID_ARGUMENT)


def test_a_wrong_spec_is_refused_with_its_pointer(stub: Stub) -> None:
    request = job_request(network=struct(recipe="no-such"))
    assert "recipe" in refused(stub.CreateTrainingJob, request, grpc.StatusCode.INVALID_ARGUMENT)
    refused(stub.CreateTrainingJob, job_request(dataset="no-such"), grpc.StatusCode.NOT_FOUND)
    refused(stub.CreateTrainingJob, job_request("a b"), grpc.StatusCode.INVALID_ARGUMENT)
    refused(stub.ListTrainingJobs, pb.ListTrainingJobsRequest(state="x"), grpc.StatusCode.INVALID_ARGUMENT)
    refused(stub.ListModels, pb.ListRequest(limit=0), grpc.StatusCode.INVALID_ARGUMENT)
    refused(stub.ListModels, pb.ListRequest(cursor="x"), grpc.StatusCode.INVALID_ARGUMENT)
