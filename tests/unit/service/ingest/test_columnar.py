"""Parquet and Arrow files that declare more than they hold, or hold more than they seem to."""

import io
import time

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from service.domain.datasets import Limits
from service.errors import TooLarge, Unreadable
from tests.reference.uploads import Read, told

TABLE = pa.table({"time": np.arange(1000), "v": np.sin(np.arange(1000))})
ZEROS = pa.table({"v": np.zeros(20 << 20)})


def arrow(table: pa.Table, *, compression: str | None = None, stream: bool = False) -> bytes:
    target = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(target, table.schema, options=options) as writer:
        writer.write_table(table)
    return target.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    parquet.write_table(table, target, compression="zstd", use_dictionary=False)
    return target.getvalue()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_an_arrow_file_may_be_compressed(read: Read, compression: str | None, stream: bool) -> None:
    texts = TABLE.append_column("label", pa.array(["a"] * 1000).dictionary_encode())
    table = texts.append_column("case", pa.array(["x"] * 1000))
    series = read(arrow(table, compression=compression, stream=stream)).series
    assert np.array_equal(series.values[:, 0], np.sin(np.arange(1000)).astype(np.float32))
    assert series.classes == ("a",)


@pytest.mark.parametrize("bomb", [arrow(ZEROS, compression="zstd"), arrow(ZEROS, compression="zstd", stream=True)])
def test_an_arrow_bomb_is_refused_from_what_its_buffers_declare(read: Read, bomb: bytes) -> None:
    before, started = pa.total_allocated_bytes(), time.process_time()
    with pytest.raises(TooLarge, match="200 times its size"):
        read(bomb)
    assert time.process_time() - started < 1
    assert pa.total_allocated_bytes() - before < 1 << 20


def test_a_parquet_bomb_is_refused_from_its_footer(read: Read) -> None:
    with pytest.raises(TooLarge, match="200 times its size"):
        read(as_parquet(ZEROS))
    with pytest.raises(TooLarge, match="values or more"):
        read(as_parquet(TABLE), limits=Limits(values=999))


def test_an_arrow_file_without_its_footer_was_cut_off(read: Read) -> None:
    content = arrow(TABLE)
    with pytest.raises(Unreadable, match="cut off"):
        read(content[:-20])


def test_rows_that_take_no_bytes_are_counted_before_they_are_made(read: Read) -> None:
    column = pa.nulls(1 << 24)
    with pytest.raises(TooLarge, match="values or more"):
        read(arrow(pa.table({"v": column}), stream=True), limits=Limits(values=1 << 20))


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_text_names_cases_and_labels(read: Read, kind: pa.DataType) -> None:
    names, labels = (pa.array(texts).cast(kind) for texts in (["a", "a", "b"], ["up", "up", "down"]))
    days = pa.array(["2024-01-02", "2024-01-01", "2024-01-03"]).cast(kind)
    found = read(arrow(pa.table({"id": names, "kind": labels, "seen": days, "v": [1.0, 2.0, 3.0]})))
    assert found.series.classes == ("down", "up")
    assert found.series.values[:, 0].tolist() == [2, 1, 3]


def test_intervals_are_no_times(read: Read) -> None:
    spans = pa.array([pa.MonthDayNano([1, 2, 3])] * 1000)
    (unused,) = told(read(arrow(TABLE.append_column("span", spans))), "unused")
    assert unused.first.column == "span"


def test_columns_that_cannot_be_read_are_left_out(read: Read) -> None:
    nested = pa.array([[{"a": 1}]] * 1000)
    assert read(as_parquet(TABLE.append_column("nested", nested))).series.channels == ("v",)
