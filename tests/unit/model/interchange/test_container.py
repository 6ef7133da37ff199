import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.arrays import Array
from model.errors import InvalidArchive
from model.interchange import container
from model.interchange.container import DTYPES, read, write

ARRAYS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name != "__metadata__"),
    st.sampled_from(list(DTYPES.values())).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    max_size=4,
)
TEXTS = st.dictionaries(st.text(max_size=8).filter(lambda name: name != "sha256"), st.text(max_size=20), max_size=3)

SAMPLE: dict[str, Array] = {
    "flag": np.array([True, False]),
    "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
    "count": np.array(7, np.int64),
}


@given(ARRAYS, TEXTS)
def test_contents_come_back_bit_for_bit(arrays: dict[str, Array], texts: dict[str, str]) -> None:
    found, metadata = read(write(arrays, texts))
    assert metadata == texts
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


@given(ARRAYS, TEXTS)
def test_the_layout_is_that_of_safetensors(arrays: dict[str, Array], texts: dict[str, str]) -> None:
    content = write(arrays, texts)
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    assert (8 + length) % 64 == 0
    assert content[8:9] == b"{"
    assert all(isinstance(value, str) for value in header.pop("__metadata__").values())
    spans = sorted(entry["data_offsets"] for entry in header.values())
    assert [begin for begin, _ in spans] == [0, *(end for _, end in spans)][: len(spans)]
    assert len(data) == max((end for _, end in spans), default=0)
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert begin % DTYPES[entry["dtype"]].itemsize == 0
        array = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        assert array.tobytes() == arrays[name].tobytes()


def test_the_same_contents_give_the_same_bytes_in_any_order() -> None:
    assert write(SAMPLE, {"a": "b"}) == write(dict(reversed(SAMPLE.items())), {"a": "b"})


def test_every_flipped_bit_is_found() -> None:
    content = write(SAMPLE, {"note": '{"sha256":"' + "0" * 64 + '"}'})
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidArchive):
            read(bytes(changed))


def test_every_truncation_is_found() -> None:
    content = write(SAMPLE, {})
    for length in range(len(content)):
        with pytest.raises(InvalidArchive):
            read(content[:length])
    with pytest.raises(InvalidArchive):
        read(content + b"\0")


def test_from_a_path_the_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    path = tmp_path / "sample"
    path.write_bytes(write(SAMPLE, {}))
    arrays, _ = read(path)
    np.testing.assert_array_equal(arrays["weights"], SAMPLE["weights"])
    assert not arrays["weights"].flags.writeable
    assert not arrays["weights"].flags.owndata


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(InvalidArchive, match="empty"):
        read(path)


def test_names_of_the_container_itself_are_refused() -> None:
    with pytest.raises(ValueError, match="sha256"):
        write({}, {"sha256": "0"})
    with pytest.raises(ValueError, match="__metadata__"):
        write({"__metadata__": np.zeros(1)}, {})


def sealed(header: str, data: bytes = b"") -> bytes:
    """A container with any header, sealed as ours are: what somebody who knows the format could send."""
    text = header.replace("SEAL", "0" * 64).encode()
    whole = len(text).to_bytes(8, "little") + text + data
    digest = container.hashlib.sha256(whole).hexdigest()
    return whole.replace(b"0" * 64, digest.encode(), 1)


META = '"__metadata__":{"sha256":"SEAL"}'


def entry(dtype: str = '"U8"', shape: str = "[4]", offsets: str = "[0,4]", more: str = "") -> str:
    return f'"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}'


SURPLUS = ',"z":1'
VAST = "[0,9223372036854775807,16]"
HOSTILE = {
    "an unknown dtype": f'{{{META},"x":{{{entry(chr(34) + "O8" + chr(34))}}}}}',
    "a shape beyond its bytes": f'{{{META},"x":{{{entry(shape="[5]")}}}}}',
    "a shape whose product wraps": f'{{{META},"x":{{{entry(shape="[4294967296,4294967296]")}}}}}',
    "a vast extent beside an empty one": f'{{{META},"x":{{{entry(shape=VAST, offsets="[0,0]")}}}}}',
    "a negative extent": f'{{{META},"x":{{{entry(shape="[-1,-4]")}}}}}',
    "a fraction as extent": f'{{{META},"x":{{{entry(shape="[4.0]")}}}}}',
    "a truth as extent": f'{{{META},"x":{{{entry(shape="[true,4]")}}}}}',
    "too many dimensions": f'{{{META},"x":{{{entry(shape="[4" + ",1" * 9 + "]")}}}}}',
    "offsets beyond the file": f'{{{META},"x":{{{entry(shape="[8]", offsets="[0,8]")}}}}}',
    "offsets in front of it": f'{{{META},"x":{{{entry(shape="[4]", offsets="[-4,0]")}}}}}',
    "overlapping arrays": f'{{{META},"x":{{{entry()}}},"y":{{{entry()}}}}}',
    "a hole": f'{{{META},"x":{{{entry(shape="[2]", offsets="[2,4]")}}}}}',
    "bytes of nobody": f'{{{META},"x":{{{entry(shape="[2]", offsets="[0,2]")}}}}}',
    "a field too many": f'{{{META},"x":{{{entry(more=SURPLUS)}}}}}',
    "an array that is none": f'{{{META},"x":7}}',
    "a name twice": f'{{{META},"x":{{{entry()}}},"x":{{{entry()}}}}}',
    "no metadata": f'{{"x":{{{entry()}}}}}',
    "metadata that are no texts": f'{{"__metadata__":{{"sha256":"SEAL","n":1}},"x":{{{entry()}}}}}',
    "no seal": f'{{"__metadata__":{{}},"x":{{{entry()}}}}}',
    "no object": "[1]",
    "depth": "[" * 100_000,
    "a number too long": f'{{{META},"x":{"9" * 5000}}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_refused(name: str) -> None:
    with pytest.raises(InvalidArchive):
        read(sealed(HOSTILE[name], bytes(4)))


def test_a_sealed_header_made_by_hand_is_read() -> None:
    arrays, _ = read(sealed(f'{{{META},"x":{{{entry()}}}}}', bytes([1, 2, 3, 4])))
    assert arrays["x"].tolist() == [1, 2, 3, 4]


def test_a_header_length_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidArchive, match="claims"):
        read((container.LARGEST_HEADER + 1).to_bytes(8, "little") + bytes(64))
