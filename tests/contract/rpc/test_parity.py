"""One data plane: the same request over each protocol and encoding gets the same answer, or the same refusal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from api_schemas.generated import inference_pb2 as pb
from api_schemas.generated import inference_pb2_grpc, wavetap_pb2, wavetap_pb2_grpc
from service.bootstrap import House
from service.rest.application import application
from tests import houses, protocol
from tests.callers import Caller, calling

MODELS = {"gestures": "probabilities", "loads": "value", "curve": "forecast"}
"""A model of each task, and its output of numbers."""
PARTS = {"probabilities": "probabilities", "value": "value", "forecast": "forecast"}


@dataclass
class Ways:
    """Clients of both protocols, of one house."""

    rest: Caller
    channel: grpc.Channel

    def v2_json(self, model: str, cases: np.ndarray) -> np.ndarray:
        return self._rest(model, protocol.body(inputs=[protocol.tensor(cases)]), {})

    def v2_binary(self, model: str, cases: np.ndarray) -> np.ndarray:
        content, headers = protocol.binary(cases, parameters={"binary_data_output": True})
        return self._rest(model, content, headers)

    def grpc_raw(self, model: str, cases: np.ndarray) -> np.ndarray:
        return self._grpc(model, cases, raw_input_contents=[cases.tobytes()])

    def grpc_typed(self, model: str, cases: np.ndarray) -> np.ndarray:
        return self._grpc(model, cases)

    def plain_rest(self, model: str, cases: np.ndarray) -> np.ndarray:
        answer = self.rest.post(f"/v1/models/{model}:predict", json={"series": cases.tolist()})
        if answer.status_code != 200:
            raise Refused(answer)
        return _plain(model, answer.json()["predictions"])

    def plain_grpc(self, model: str, cases: np.ndarray) -> np.ndarray:
        series = [
            wavetap_pb2.Case(channels=[wavetap_pb2.Channel(values=channel) for channel in case])
            for case in cases.tolist()
        ]
        stub = wavetap_pb2_grpc.TrainingServiceStub(self.channel)
        answer = stub.Predict(wavetap_pb2.PredictRequest(model=model, series=series))
        told = [
            {
                "probabilities": dict(one.probabilities),
                "value": one.value[0] if one.value else None,
                "forecast": [list(channel.values) for channel in one.forecast],
            }
            for one in answer.predictions
        ]
        return _plain(model, told)

    def _rest(self, model: str, content: bytes, headers: dict[str, str]) -> np.ndarray:
        answer = self.rest.post(f"/v2/models/{model}/infer", content=content, headers=headers)
        if answer.status_code != 200:
            raise Refused(answer)
        return protocol.outputs(answer)[MODELS[model]]

    def _grpc(self, model: str, cases: np.ndarray, **raw: Any) -> np.ndarray:
        entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="FP32", shape=cases.shape)
        if not raw:
            entry.contents.fp32_contents.extend(cases.ravel().tolist())
        request = pb.ModelInferRequest(model_name=model, inputs=[entry], **raw)
        answer = inference_pb2_grpc.GRPCInferenceServiceStub(self.channel).ModelInfer(request)
        place = [output.name for output in answer.outputs].index(MODELS[model])
        return np.frombuffer(answer.raw_output_contents[place], "<f4").reshape(answer.outputs[place].shape)


class Refused(Exception):
    """What REST has refused."""

    def __init__(self, answer: httpx.Response) -> None:
        self.code, self.detail = answer.json()["code"], answer.json()["detail"]
        Exception.__init__(self, self.detail)


WAYS: list[Callable[[Ways, str, np.ndarray], np.ndarray]] = [
    Ways.v2_json,
    Ways.v2_binary,
    Ways.grpc_raw,
    Ways.grpc_typed,
    Ways.plain_rest,
    Ways.plain_grpc,
]


@pytest.fixture(scope="module")
def ways(house: House, channel: grpc.Channel) -> Iterator[Ways]:
    with calling(application(house.edge)) as caller:
        yield Ways(caller, channel)


def _plain(model: str, predictions: list[dict[str, Any]]) -> np.ndarray:
    name = PARTS[MODELS[model]]
    if name == "probabilities":
        return np.array([[one[name]["down"], one[name]["up"]] for one in predictions], np.float32)
    return np.array([one[name] for one in predictions], np.float32)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_same_request_gets_the_same_answer_bit_for_bit(
    ways: Ways, model: str, way: Callable[[Ways, str, np.ndarray], np.ndarray]
) -> None:
    cases = houses.cases(5, length=48, seed=9)
    expected = ways.v2_binary(model, cases)
    found = way(ways, model, cases)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.astype(np.float32), expected)


VERSIONS = {"1": 200, "01": 200, "live": 200, "2": 404, "0": 404, "99999999999": 404, "other": 404, "1.0": 404}
"""Of a model with one version, and the alias `live`."""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_is_named_by_its_number_or_an_alias_over_both(ways: Ways, version: str) -> None:
    assert ways.rest.put("/v1/models/gestures/aliases/live", json={"version": 1}).is_success
    cases = houses.cases(1)
    path = f"/v2/models/gestures/versions/{version}"
    answers = [ways.rest.get(path + suffix) for suffix in ("", "/ready", "/config", "/stats")]
    answers.append(ways.rest.post(f"{path}/infer", content=protocol.body(inputs=[protocol.tensor(cases)])))
    assert [answer.status_code for answer in answers] == [VERSIONS[version]] * 5
    entry = pb.ModelInferRequest.InferInputTensor(name="series", datatype="FP32", shape=cases.shape)
    request = pb.ModelInferRequest(
        model_name="gestures", model_version=version, inputs=[entry], raw_input_contents=[cases.tobytes()]
    )
    call = inference_pb2_grpc.GRPCInferenceServiceStub(ways.channel).ModelInfer
    if VERSIONS[version] == 200:
        assert call(request).model_version == answers[-1].json()["model_version"] == "1"
        return
    with pytest.raises(grpc.RpcError) as refused:
        call(request)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert refused.value.details() == answers[-1].json()["detail"]


HOSTILE = {
    "too many channels": houses.cases(2, channels=3),
    "an infinite value": np.full((1, 2, 12), np.inf, np.float32),
    "no finite answer": np.full((1, 2, 12), 3e38, np.float32),
}


@pytest.mark.parametrize("cases", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("way", [Ways.v2_binary, Ways.grpc_raw], ids=lambda way: way.__name__)
def test_the_same_request_gets_the_same_refusal(
    ways: Ways, cases: np.ndarray, way: Callable[[Ways, str, np.ndarray], np.ndarray]
) -> None:
    with pytest.raises(Refused) as expected:
        ways.v2_binary("gestures", cases)
    with pytest.raises((Refused, grpc.RpcError)) as found:
        way(ways, "gestures", cases)
    if isinstance(found.value, Refused):
        assert (found.value.code, found.value.detail) == (expected.value.code, expected.value.detail)
        return
    assert found.value.code().name == expected.value.code == "INVALID_ARGUMENT"
    assert expected.value.detail in found.value.details()
