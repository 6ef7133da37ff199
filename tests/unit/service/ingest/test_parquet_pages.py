"""Parquet files whose pages declare what they do not hold: refused before pyarrow allocates any of it."""

import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from service.errors import TooLarge, Unreadable
from tests.reference.uploads import Read

TABLE = pa.table({"time": np.arange(1000), "v": np.sin(np.arange(1000))})
LIES = 2_000_000_000


def written(**options: object) -> bytes:
    target = io.BytesIO()
    parquet.write_table(TABLE, target, **options)
    return target.getvalue()


def varint(number: int) -> bytes:
    """A positive integer as Thrift's compact protocol writes it."""
    number <<= 1
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def lying(content: bytes, *, expanded: int, values: int = 1000) -> bytes:
    """The file with another head before its first page: a data page of these sizes."""
    column = parquet.read_metadata(io.BytesIO(content)).row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    data = b"\x15" + varint(values) + b"\x15\x00\x15\x06\x15\x06\x00"
    head = b"\x15\x00\x15" + varint(expanded) + b"\x15" + varint(100) + b"\x2c" + data + b"\x00"
    return content[:start] + head + content[start + len(head) :]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "zstd", "snappy"])
@pytest.mark.parametrize("dictionary", [False, True])
def test_pages_of_honest_files_are_walked(read: Read, version: str, compression: str, dictionary: bool) -> None:
    options = {"compression": compression, "use_dictionary": dictionary, "data_page_version": version}
    series = read(written(**options, data_page_size=512, row_group_size=300)).series
    assert np.array_equal(series.values[:, 0], np.sin(np.arange(1000)).astype(np.float32))


@pytest.mark.parametrize("dictionary", [False, True])
def test_a_page_that_declares_gigabytes_is_refused_and_nothing_is_allocated(read: Read, dictionary: bool) -> None:
    content = lying(written(use_dictionary=dictionary), expanded=LIES)
    pool = pa.default_memory_pool()
    before = pool.max_memory()
    with pytest.raises(TooLarge, match="a page of 2000000000 bytes"):
        read(content)
    assert max(0, pool.max_memory() - before) < 1 << 20


def test_a_page_that_declares_more_values_than_the_column_is_refused(read: Read) -> None:
    with pytest.raises(Unreadable, match="declares 2000000000 values"):
        read(lying(written(use_dictionary=False), expanded=8000, values=LIES))


def test_a_file_whose_pages_are_noise_is_refused(read: Read) -> None:
    content = bytearray(written(use_dictionary=False))
    content[4:60] = b"\xff" * 56
    with pytest.raises(Unreadable):
        read(bytes(content))
