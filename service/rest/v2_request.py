"""Requests of the inference protocol: JSON with the tensors inside, or JSON with binary tensors behind it."""

import re
from collections.abc import Callable, Sequence

from api_schemas.rest.protocol import InferRequest, RequestInput
from service.domain.inference import Tensor, TensorSpec
from service.edge.datatypes import DTYPES, from_json, from_raw, refusal
from service.edge.prediction import InferCall, InferOptions
from service.edge.shared_memory import refuse_shared_memory
from service.edge.validation import validated
from service.rest.bodies import parsed
from service.rest.coding import decompressed
from service.rest.extent import check_extent
from service.rest.head import Head
from service.rest.members import each_once
from service.rest.problems import Malformed
from service.rest.skim import skimmed
from service.rest.v2_options import number, options_of

JSON_LENGTH = "Inference-Header-Content-Length"
JSON_LENGTH_NAME = JSON_LENGTH.lower().encode()
DECIMAL = re.compile(rb"[0-9]{1,18}")


def decode(body: bytes, head: Head, limit: int, inputs: Callable[[], tuple[TensorSpec, ...]]) -> InferCall:
    """A request of the protocol from its body; only a raw one needs to know the model."""
    text, tail = decompressed(body, head, limit), memoryview(b"")
    if JSON_LENGTH_NAME in head:
        length = _json_length(head, len(text))
        if length == 0:
            return _raw_call(memoryview(text), inputs())
        text, tail = text[:length], memoryview(text)[length:]
    check_extent(text)
    call = None if tail else skimmed(text)
    if call is not None:
        return call
    request = validated(each_once(text, parsed(text)), InferRequest)
    return InferCall(_tensors(request.inputs, tail), options_of(request))


def _json_length(head: Head, size: int) -> int:
    """Where the JSON ends and the binary tensors begin."""
    given = head.only(JSON_LENGTH_NAME)
    if given is not None and DECIMAL.fullmatch(given) and int(given) <= size:
        return int(given)
    raise Malformed(f"{JSON_LENGTH} is one whole number from 0 to the body's length, {size}.")


def _raw_call(content: memoryview, inputs: tuple[TensorSpec, ...]) -> InferCall:
    """A body that is nothing but the elements of the one input, for a batch of one."""
    (spec,) = inputs
    _, channels, length = spec.shape
    step = DTYPES[spec.datatype].itemsize * channels
    steps = len(content) // step if length < 0 else length
    tensor = from_raw(spec.datatype, (1, channels, steps), content, "/inputs/0")
    return InferCall({spec.name: tensor}, InferOptions(binary=True))


def _tensors(inputs: Sequence[RequestInput], tail: memoryview) -> dict[str, Tensor]:
    """Each input's tensor by its name, from its JSON or its part of the tail."""
    tensors: dict[str, Tensor] = {}
    at = 0
    for index, entry in enumerate(inputs):
        pointer = f"/inputs/{index}"
        if entry.name in tensors:
            raise refusal(f"{pointer}/name", "An input is given once only.")
        parameters = entry.parameters or {}
        refuse_shared_memory(parameters, pointer)
        size = number(parameters, "binary_data_size", pointer, least=0)
        if size is None:
            tensors[entry.name] = from_json(entry.datatype, entry.shape, entry.data, pointer)
            continue
        if entry.data is not None or size > len(tail) - at:
            raise refusal(pointer, "The input has data in the JSON as well, or fewer bytes follow than it says.")
        tensors[entry.name] = from_raw(entry.datatype, entry.shape, tail[at : at + size], pointer)
        at += size
    if at != len(tail):
        raise refusal("/inputs", f"There are {len(tail) - at} bytes that belong to no input.")
    return tensors
