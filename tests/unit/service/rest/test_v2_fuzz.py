"""triton server 3119 and 3563: whatever the bytes are, a request of the protocol is read or refused, and no more."""

import gzip
import json
import zlib
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.inference import TensorSpec
from service.errors import ServiceError
from service.rest.head import Head
from service.rest.v2_request import decode

LIMIT = 1 << 16
INPUTS = (TensorSpec("series", "FP32", (-1, 2, -1)),)

numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([2**62, 2**63, -1, 0, 4]))
plain = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8))
values: st.SearchStrategy[Any] = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
datatypes = st.sampled_from(["FP32", "FP64", "FP16", "BF16", "INT8", "UINT64", "BOOL", "BYTES", "FP128", ""])
parameters = st.dictionaries(
    st.sampled_from(
        ["binary_data_size", "binary_data", "binary_data_output", "classification", "timeout", "priority", "x"]
    ),
    values,
)
entries = st.fixed_dictionaries(
    {"name": st.sampled_from(["series", "x", ""]) | plain, "shape": st.lists(numbers, max_size=9) | values},
    optional={"datatype": datatypes | values, "data": values, "parameters": parameters | values},
)
wanted = st.fixed_dictionaries(
    {"name": st.sampled_from(["label", "probabilities"]) | plain}, optional={"parameters": parameters}
)
requests = st.fixed_dictionaries(
    {"inputs": st.lists(entries, max_size=3) | values},
    optional={"outputs": st.lists(wanted, max_size=3) | values, "parameters": parameters, "id": plain},
)
lengths = st.one_of(st.none(), st.integers(-2, 200).map(str), st.sampled_from(["1" + "0" * 30, "+5", "", "x"]))


def read(body: bytes, length: str | None, encoding: str | None) -> None:
    headers = {"inference-header-content-length": length, "content-encoding": encoding}
    given_headers = Head([(name.encode(), value.encode()) for name, value in headers.items() if value is not None])
    try:
        call = decode(body, given_headers, LIMIT, lambda: INPUTS)
    except ServiceError:
        return
    assert all(isinstance(tensor, np.ndarray) and tensor.size for tensor in call.tensors.values())


@settings(max_examples=200)
@given(request=requests, tail=st.binary(max_size=64), exact=st.booleans(), length=lengths)
def test_triton_3119_a_request_is_read_or_refused(request: Any, tail: bytes, exact: bool, length: str | None) -> None:
    head = json.dumps(request).encode()
    read(head + tail, str(len(head)) if exact else length, None)


@settings(max_examples=100)
@given(
    body=st.binary(max_size=200),
    length=lengths,
    encoding=st.sampled_from([None, "gzip", "deflate", "br", "identity", "gzip, gzip", ""]),
    compress=st.sampled_from([bytes, gzip.compress, zlib.compress]),
)
def test_triton_3563_any_bytes_are_read_or_refused(
    body: bytes, length: str | None, encoding: str | None, compress: Any
) -> None:
    read(compress(body), length, encoding)
