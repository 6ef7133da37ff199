"""The model repository over gRPC: the same states and refusals as over REST."""

from collections.abc import Iterator

import grpc
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc
from service.bootstrap import House
from tests import houses
from tests.contract.rpc.conftest import serving
from tests.contract.rpc.test_inference import raw, refused

Stub = inference_pb2_grpc.GRPCInferenceServiceStub


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with houses.house_in(tmp_path_factory.mktemp("repository")) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "first", "gestures")
        houses.train(house, "second", "gestures")
        yield house


@pytest.fixture(scope="module")
def stub(house: House) -> Iterator[Stub]:
    with serving(house) as served:
        yield Stub(served.channel)


def states(stub: Stub, *, ready: bool = False) -> dict[str, str]:
    answer = stub.RepositoryIndex(pb.RepositoryIndexRequest(ready=ready))
    return {f"{entry.name}/{entry.version}": entry.state for entry in answer.models}


def test_what_is_unloaded_is_refused_and_told_of_until_it_is_loaded(stub: Stub) -> None:
    assert states(stub) == {"first/1": "READY", "second/1": "READY"}
    flag = {"unload_dependents": pb.ModelRepositoryParameter(bool_param=False)}
    stub.RepositoryModelUnload(pb.RepositoryModelUnloadRequest(model_name="first", parameters=flag))
    assert states(stub) == {"first/1": "UNAVAILABLE", "second/1": "READY"}
    assert states(stub, ready=True) == {"second/1": "READY"}
    assert not stub.ModelReady(pb.ModelReadyRequest(name="first")).ready
    refused(stub.ModelInfer, raw(model_name="first"), grpc.StatusCode.UNAVAILABLE)
    stub.ModelInfer(raw(model_name="second"))
    stub.RepositoryModelLoad(pb.RepositoryModelLoadRequest(model_name="first"))
    assert states(stub, ready=True) == {"first/1": "READY", "second/1": "READY"}
    stub.ModelInfer(raw(model_name="first"))


def test_what_would_mean_something_else_is_refused(stub: Stub) -> None:
    text = {"config": pb.ModelRepositoryParameter(string_param="{}")}
    number = {"unload_dependents": pb.ModelRepositoryParameter(int64_param=1)}
    nothing = {"unload_dependents": pb.ModelRepositoryParameter()}
    code = grpc.StatusCode.INVALID_ARGUMENT
    refused(stub.RepositoryModelLoad, pb.RepositoryModelLoadRequest(model_name="first", parameters=text), code)
    for parameters in (text, number, nothing):
        request = pb.RepositoryModelUnloadRequest(model_name="first", parameters=parameters)
        refused(stub.RepositoryModelUnload, request, code)
    refused(stub.RepositoryIndex, pb.RepositoryIndexRequest(repository_name="other"), code)
    absent = grpc.StatusCode.NOT_FOUND
    refused(stub.RepositoryModelLoad, pb.RepositoryModelLoadRequest(model_name="no-such"), absent)
    refused(stub.RepositoryModelUnload, pb.RepositoryModelUnloadRequest(model_name="no-such"), absent)
    assert set(states(stub).values()) == {"READY"}
