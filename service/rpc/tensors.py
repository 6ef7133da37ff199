"""The inference protocol's messages: tensors as raw bytes or as typed contents in, as raw bytes out."""

from collections.abc import Mapping

import numpy as np

from api_schemas.generated import inference_pb2 as pb
from api_schemas.rest.protocol import LARGEST_ID, MOST_PARAMETERS, MOST_TENSORS
from service.domain.inference import InferResult, Tensor
from service.edge.datatypes import (
    BINARY_ONLY,
    LARGEST_RANK,
    check_tensor,
    datatype_of,
    from_raw,
    narrowed,
    refusal,
    to_raw,
)
from service.edge.extent import MOST_VALUES
from service.edge.prediction import InferCall, InferOptions, Wanted, most_likely
from service.edge.shared_memory import refuse_shared_memory
from service.errors import TooLarge

CONTENTS: Mapping[str, str] = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""The field of each datatype's elements; those without one travel raw."""

MOST: Mapping[str, int] = {"inputs": MOST_TENSORS, "outputs": MOST_TENSORS, "parameters": MOST_PARAMETERS}
"""How many there may be in a request, over either protocol."""

Parameters = Mapping[str, pb.InferParameter]


def decode(request: pb.ModelInferRequest) -> InferCall:
    """A request of the protocol."""
    _check_extent(request)
    raw, inputs = request.raw_input_contents, tuple(request.inputs)
    if raw and (len(raw) != len(inputs) or any(map(_has_contents, inputs))):
        raise refusal("/raw_input_contents", "There is one element for each input, and then no input has contents.")
    tensors: dict[str, Tensor] = {}
    for index, entry in enumerate(inputs):
        pointer = f"/inputs/{index}"
        if entry.name in tensors:
            raise refusal(f"{pointer}/name", "An input is given once only.")
        refuse_shared_memory(entry.parameters, pointer)
        tensors[entry.name] = (
            from_raw(entry.datatype, entry.shape[: LARGEST_RANK + 1], raw[index], pointer)
            if raw
            else _from_contents(entry, pointer)
        )
    outputs = [_wanted(output, f"/outputs/{index}") for index, output in enumerate(request.outputs)]
    microseconds = _number(request.parameters, "timeout", "")
    options = InferOptions(
        tuple(outputs),
        request.id,
        timeout_seconds=microseconds / 1e6 if microseconds else None,  # 0 stands for none, as with the peers
        priority=_number(request.parameters, "priority", ""),
    )
    return InferCall(tensors, options)


def _wanted(output: pb.ModelInferRequest.InferRequestedOutputTensor, pointer: str) -> Wanted:
    refuse_shared_memory(output.parameters, pointer)
    return Wanted(output.name, classes=_number(output.parameters, "classification", pointer, least=1) or 0)


def _check_extent(request: pb.ModelInferRequest) -> None:
    """Refuse what REST refuses by its schema, before anything goes through it."""
    for name, most in MOST.items():
        if len(getattr(request, name)) > most:
            raise refusal(f"/{name}", f"There are at most {most} {name} in a request.")
    if len(request.id) > LARGEST_ID:
        raise refusal("/id", f"An id has at most {LARGEST_ID} characters.")


def encode(call: InferCall, result: InferResult) -> pb.ModelInferResponse:
    """The answer to a request, every output raw and in order: clients look nowhere else."""
    labels = result.version.draft.signature.classes or ()
    classes = {output.name: output.classes for output in call.options.outputs}
    response = pb.ModelInferResponse(
        model_name=result.version.model, model_version=str(result.version.number), id=call.options.id
    )
    for name, full in result.outputs.items():
        tensor = most_likely(full, classes[name], labels) if classes.get(name) else full
        response.outputs.add(name=name, datatype=datatype_of(tensor), shape=tensor.shape)
        response.raw_output_contents.append(to_raw(tensor))
    return response


def _has_contents(entry: pb.ModelInferRequest.InferInputTensor) -> bool:
    """Whether there are elements; clients of MLServer send contents without any beside raw tensors."""
    return entry.HasField("contents") and entry.contents.ByteSize() > 0


def _from_contents(entry: pb.ModelInferRequest.InferInputTensor, pointer: str) -> Tensor:
    count = check_tensor(entry.datatype, entry.shape, pointer)
    if entry.datatype in BINARY_ONLY:
        raise refusal(f"{pointer}/datatype", f"{entry.datatype} travels in raw_input_contents only.")
    if count > MOST_VALUES:
        raise TooLarge(f"At most {MOST_VALUES} elements are taken in contents: send them in raw_input_contents.")
    field = CONTENTS[entry.datatype]
    elements = getattr(entry.contents, field)
    if len(elements) != count or len(entry.contents.ListFields()) > 1:
        raise refusal(f"{pointer}/contents", f"The shape needs {count} elements in {field}, and none elsewhere.")
    array = np.array(elements, dtype=object if entry.datatype == "BYTES" else None)
    return narrowed(array, entry.datatype, f"{pointer}/contents").reshape(entry.shape)


def _number(parameters: Parameters, name: str, pointer: str, least: int = 0) -> int | None:
    """A whole number in either field that may hold one."""
    if name not in parameters:
        return None
    parameter = parameters[name]
    kind = parameter.WhichOneof("parameter_choice")
    value = getattr(parameter, kind) if kind in {"int64_param", "uint64_param"} else -1
    if value < least:
        raise refusal(f"{pointer}/parameters/{name}", f"{name} is a whole number from {least}.")
    return int(value)
