"""Arrays and text in one file: the safetensors layout, sealed with a digest, without pickle.

    8 bytes   length of the header, little-endian
    header    JSON: {"__metadata__": {name: text}, array name: {"dtype", "shape", "data_offsets"}}, padded with spaces
    data      the arrays, one after another without gaps, the first at a multiple of 64 bytes

Any safetensors reader opens it. Ours also refuses it when a single bit has changed: the metadata's `sha256` is the
digest of the whole file as it is with 64 zeros in the digest's place. Arrays stand by falling item size, so that each
is aligned to its items, and else in the order they were given: what belongs together lies together. Read from a path
they stay on disk until they are touched.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.arrays import Array
from model.data.blocks import release
from model.errors import InvalidArchive

DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U64": np.dtype("<u8"),
    "F32": np.dtype("<f4"),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
"""The dtypes we write and read, by their names in the format."""

LARGEST_HEADER = 16 << 20
MOST_DIMENSIONS = 8

_ALIGNMENT = 64
_BLOCK = 4 << 20
_PREFIX = 8
_METADATA = "__metadata__"
_SEAL = "sha256"
_UNSEALED = "0" * 64
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Contents(NamedTuple):
    """What a container holds; the arrays are read-only views of its bytes."""

    arrays: dict[str, Array]
    metadata: dict[str, str]


def write(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """Lay arrays and text out as one sealed container; the same contents in the same order give the same bytes."""
    return b"".join(parts(arrays, metadata))


def parts(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of `write` a part at a time, so that arrays mapped from a file are never in memory whole."""
    if _SEAL in metadata or _METADATA in arrays:
        raise ValueError(f"{_SEAL} and {_METADATA} are names of the container itself")
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    header: dict[str, Any] = {_METADATA: {**metadata, _SEAL: _UNSEALED}}
    size = 0
    for name, array in ordered:
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [size, size + array.nbytes],
        }
        size += array.nbytes
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(_PREFIX + len(text)) % _ALIGNMENT)
    prefix = len(text).to_bytes(_PREFIX, "little")
    digest = hashlib.sha256(prefix + text)
    for _, array in ordered:
        for part in _content(array):
            digest.update(part)
    yield prefix + text.replace(_sealed(_UNSEALED), _sealed(digest.hexdigest()), 1)
    for _, array in ordered:
        yield from _content(array)


def read(source: bytes | memoryview | Path, *, trusted: bool = False) -> Contents:
    """Open a container, mapped into memory from a path; InvalidArchive unless every bit is as it was written.

    trusted: to look at a little of it without reading all of it, its digest is left unchecked
    """
    content = _mapped(source) if isinstance(source, Path) else memoryview(source)
    if len(content) < _PREFIX:
        raise InvalidArchive(f"The archive has {len(content)} bytes; its first {_PREFIX} tell the header's length.")
    length = int.from_bytes(content[:_PREFIX], "little")
    if length > LARGEST_HEADER or length > len(content) - _PREFIX:
        raise InvalidArchive(f"The archive's header claims {length} bytes, more than there are or may be.")
    text = bytes(content[_PREFIX : _PREFIX + length])
    data = content[_PREFIX + length :]
    header = _parsed(text)
    metadata = _metadata(header)
    seal = metadata.pop(_SEAL, "")
    if not trusted:
        _verify(content[:_PREFIX], text, data, seal)
    return Contents(_arrays(header, data), metadata)


def _content(array: Array) -> Iterator[memoryview]:
    yield from _in_blocks(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _in_blocks(content: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(content), _BLOCK):
        yield content[start : start + _BLOCK]
        release(content)


def _sealed(digest: str) -> bytes:
    """The digest as it stands in the header; quotes inside any other text are escaped, so it stands there once."""
    return f'"{_SEAL}":"{digest}"'.encode()


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as error:
            raise InvalidArchive("The archive is an empty file.") from error


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise InvalidArchive("The archive's header is no JSON that we could have written.") from error
    if not isinstance(header, dict):
        raise InvalidArchive("The archive's header is JSON, but no object.")
    return header


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    distinct = dict(pairs)
    if len(distinct) != len(pairs):
        raise ValueError("a name stands twice")
    return distinct


def _metadata(header: dict[str, Any]) -> dict[str, str]:
    metadata = header.pop(_METADATA, None)
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise InvalidArchive("The archive's metadata must map names to text.")
    return metadata


def _verify(prefix: memoryview, text: bytes, data: memoryview, expected: str) -> None:
    if len(expected) != len(_UNSEALED) or text.count(_sealed(expected)) != 1:
        raise InvalidArchive("The archive is not sealed with a digest: it was not written by us.")
    digest = hashlib.sha256(prefix)
    digest.update(text.replace(_sealed(expected), _sealed(_UNSEALED)))
    for block in _in_blocks(data):
        digest.update(block)
    if digest.hexdigest() != expected:
        raise InvalidArchive("The archive's content does not match its digest: it was changed after it was written.")


def _arrays(header: Mapping[str, Any], data: memoryview) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    end = 0
    for name, entry in header.items():
        dtype, shape, begin, after = _entry(name, entry)
        size = dtype.itemsize
        for extent in shape:
            size *= extent
        if begin != end or after - begin != size or after > len(data):
            raise InvalidArchive(f"Array {name!r} claims bytes {begin} to {after}, which are not its own.")
        try:
            arrays[name] = np.frombuffer(data[begin:after], dtype).reshape(shape)
        except ValueError as error:  # an extent beyond NumPy's, hidden behind another that is zero
            raise InvalidArchive(f"Array {name!r} claims a shape that no array can have.") from error
        end = after
    if end != len(data):
        raise InvalidArchive(f"The archive has {len(data) - end} bytes that belong to no array.")
    return arrays


def _entry(name: str, entry: object) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)], **rest} if not rest:
            fitting = all(type(extent) is int and extent >= 0 for extent in shape) and len(shape) <= MOST_DIMENSIONS
            if dtype in DTYPES and fitting:
                return DTYPES[dtype], tuple(shape), begin, end
    raise InvalidArchive(f"Array {name!r} is not described by a dtype that we know, a shape and its place.")
