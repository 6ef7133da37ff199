"""The inference protocol's bodies: JSON with the tensors inside, or JSON with binary tensors behind it."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api_schemas.rest.protocol import InferRequest, RequestInput, RequestOutput
from service.domain.inference import InferResult, Tensor, TensorSpec
from service.edge.datatypes import DTYPES, datatype_of, from_json, from_raw, refusal, to_raw
from service.edge.prediction import InferCall, Wanted, most_likely
from service.edge.validation import validated
from service.errors import TooLarge, UnsupportedFormat
from service.rest.bodies import parsed
from service.rest.head import Head
from service.rest.problems import Malformed
from service.rest.skim import skimmed

JSON_LENGTH = "Inference-Header-Content-Length"
JSON_LENGTH_NAME = JSON_LENGTH.lower()
BINARY = "application/octet-stream"
JSON = "application/json"
WINDOW_BITS = {"gzip": 31, "deflate": 15}
"""zlib's names of the two containers."""
COMPRESSION_LEVEL = 1
DECIMAL = re.compile(r"[0-9]{1,18}")


@dataclass(slots=True)  # not frozen: one is made for each request
class Payload:
    """An answer's body and headers."""

    body: bytes
    headers: Mapping[str, str]


def decompressed(body: bytes, head: Head, limit: int) -> bytes:
    """The body without its Content-Encoding; TooLarge beyond the limit, before the memory is taken."""
    encoding = (head.text("content-encoding") or "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding not in WINDOW_BITS:
        raise UnsupportedFormat("The Content-Encoding is gzip, deflate or identity.")
    inflater = zlib.decompressobj(WINDOW_BITS[encoding])
    try:
        content = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Malformed(f"The body is not what its Content-Encoding, {encoding}, says.") from None
    if len(content) > limit:
        raise TooLarge(f"The body is too large: at most {limit} bytes are taken, decompressed.")
    if not inflater.eof or inflater.unused_data:
        raise Malformed(f"The body is no single and whole {encoding} stream.")
    return content


def decode(body: bytes, head: Head, limit: int, inputs: Callable[[], tuple[TensorSpec, ...]]) -> InferCall:
    """A request of the protocol from its body; only a raw one needs to know the model."""
    whole = decompressed(body, head, limit)
    content = memoryview(whole)
    given = head.all(JSON_LENGTH_NAME) if JSON_LENGTH_NAME in head else ()
    length = _json_length(given, len(content)) if given else len(content)
    if given and length == 0:
        return _raw_call(content, inputs())
    text = content[:length] if given else whole
    request, numbers = skimmed(text) or (validated(parsed(text), InferRequest), None)
    tensors = _tensors(request.inputs, content[length:], numbers)
    outputs = tuple([_wanted(output, f"/outputs/{index}") for index, output in enumerate(request.outputs)])
    if not request.parameters:
        return InferCall(tensors, outputs, request.id)
    return InferCall(
        tensors,
        outputs,
        request.id,
        binary=_flag(request.parameters, "binary_data_output", "") or False,
        timeout_seconds=_timeout(request.parameters),
        priority=_number(request.parameters, "priority", "", least=0),
    )


def encode(call: InferCall, result: InferResult) -> Payload:
    """The answer to a request: JSON, with the binary tensors behind it if there are any."""
    wanted = {output.name: output for output in call.outputs}
    labels = result.version.draft.signature.classes or ()
    described: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for name, full in result.outputs.items():
        output = wanted.get(name, Wanted(name))
        tensor = most_likely(full, output.classes, labels) if output.classes else full
        entry: dict[str, Any] = {"name": name, "shape": tensor.shape, "datatype": datatype_of(tensor)}
        if call.binary if output.binary is None else output.binary:
            tail.append(to_raw(tensor))
            entry["parameters"] = {"binary_data_size": len(tail[-1])}
        else:
            entry["data"] = tensor.ravel().tolist() if tensor.dtype.hasobject else tensor.ravel()
        described.append(entry)
    answer = {"model_name": result.version.model, "model_version": str(result.version.number), "outputs": described}
    if call.id:
        answer["id"] = call.id
    head = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    headers = {"Content-Type": BINARY, JSON_LENGTH: str(len(head))} if tail else {"Content-Type": JSON}
    return Payload(b"".join([head, *tail]), headers)


def compressed(payload: Payload, head: Head) -> Payload:
    """The payload as the request's Accept-Encoding wants it, if that names one coding only.

    A list of codings is what a client's library sends with everything, and compressing costs more than it spares.
    """
    coding = head.text("accept-encoding").strip().lower()
    if coding not in WINDOW_BITS:
        return payload
    deflater = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, WINDOW_BITS[coding])
    body = deflater.compress(payload.body) + deflater.flush()
    return Payload(body, {**payload.headers, "Content-Encoding": coding})


def _json_length(given: Sequence[str], size: int) -> int:
    """Where the JSON ends and the binary tensors begin."""
    if len(given) == 1 and DECIMAL.fullmatch(given[0]) and int(given[0]) <= size:
        return int(given[0])
    raise Malformed(f"{JSON_LENGTH} is one whole number from 0 to the body's length, {size}.")


def _raw_call(content: memoryview, inputs: tuple[TensorSpec, ...]) -> InferCall:
    """A body that is nothing but the elements of the one input, for a batch of one."""
    (spec,) = inputs
    _, channels, length = spec.shape
    step = DTYPES[spec.datatype].itemsize * channels
    steps = len(content) // step if length < 0 else length
    tensor = from_raw(spec.datatype, (1, channels, steps), content, "/inputs/0")
    return InferCall({spec.name: tensor}, binary=True)


def _tensors(inputs: Sequence[RequestInput], tail: memoryview, numbers: Tensor | None) -> dict[str, Tensor]:
    """Each input's tensor by its name, from its JSON, the numbers that were cut out of it, or its part of the tail."""
    tensors: dict[str, Tensor] = {}
    at = 0
    for index, entry in enumerate(inputs):
        pointer = f"/inputs/{index}"
        if entry.name in tensors:
            raise refusal(f"{pointer}/name", "An input is given once only.")
        size = _number(entry.parameters, "binary_data_size", pointer, least=0)
        if size is None:
            data = entry.data if numbers is None else numbers
            tensors[entry.name] = from_json(entry.datatype, entry.shape, data, pointer)
            continue
        if entry.data is not None or size > len(tail) - at:
            raise refusal(pointer, "The input has data in the JSON as well, or fewer bytes follow than it says.")
        tensors[entry.name] = from_raw(entry.datatype, entry.shape, tail[at : at + size], pointer)
        at += size
    if at != len(tail):
        raise refusal("/inputs", f"There are {len(tail) - at} bytes that belong to no input.")
    return tensors


def _wanted(output: RequestOutput, pointer: str) -> Wanted:
    if not output.parameters:
        return Wanted(output.name)
    classes = _number(output.parameters, "classification", pointer, least=1)
    return Wanted(output.name, _flag(output.parameters, "binary_data", pointer), classes or 0)


def _timeout(parameters: Mapping[str, Any]) -> float | None:
    """Seconds; 0 stands for none, as with the peers."""
    microseconds = _number(parameters, "timeout", "", least=0)
    return microseconds / 1e6 if microseconds else None


def _number(parameters: Mapping[str, Any], name: str, pointer: str, least: int) -> int | None:
    value = parameters.get(name)
    if value is not None and (type(value) is not int or value < least):
        raise refusal(f"{pointer}/parameters/{name}", f"{name} is a whole number from {least}.")
    return value


def _flag(parameters: Mapping[str, Any], name: str, pointer: str) -> bool | None:
    value = parameters.get(name)
    if value is not None and type(value) is not bool:
        raise refusal(f"{pointer}/parameters/{name}", f"{name} is true or false.")
    return value
