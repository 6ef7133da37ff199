"""What is refused of NDJSON, Parquet and Arrow says where it stands: line or row, column, channel and step."""

import datetime as dt
import io

import numpy as np
import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from service.errors import Unreadable
from tests.reference.uploads import Read

CASE = {"series": [[1, 2, 3]], "label": "u"}
ROW = {"id": "a", "time": 0, "v": 1}
NO_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xff")]
)


def lines(*objects: object) -> bytes:
    return b"\n".join(b"" if each is None else orjson.dumps(each) for each in objects)


def as_parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    parquet.write_table(table, target)
    return target.getvalue()


def as_arrow(table: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_file(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()


def place(read: Read, content: bytes, **options: object) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, **options)
    return caught.value.details[0].pointer


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (CASE | {"label": None}, "line 3, /label"),
        (CASE | {"label": ["u"]}, "line 3, /label"),
        (CASE | {"series": [[1, "x", 3]]}, "line 3, /series/0/1"),
        (CASE | {"series": [[1, 2, 1e300]]}, "line 3, /series/0/2"),
        (CASE | {"series": [[1], [2]]}, "line 3, /series"),
        (CASE | {"more": 1}, "line 3"),
    ],
)
def test_a_case_of_ndjson_is_refused_by_its_line(read: Read, second: object, expected: str) -> None:
    assert place(read, lines(CASE, None, second), format="ndjson") == expected


@pytest.mark.parametrize("target", ["x", None, 1e300, [1, 2]])
def test_a_target_of_ndjson_is_refused_by_its_line(read: Read, target: object) -> None:
    cases = ({"series": [1, 2], "target": 1}, None, {"series": [1, 2], "target": target})
    assert place(read, lines(*cases), format="ndjson") == "line 3, /target"


@pytest.mark.parametrize("column", ["id", "time", "v"])
@pytest.mark.parametrize("value", [[1], {"x": 1}])
def test_what_is_no_value_in_a_row_of_ndjson_is_refused_by_line_and_column(
    read: Read, column: str, value: object
) -> None:
    content = lines(ROW, ROW | {"time": 1}, ROW | {"time": 2, column: value})
    assert place(read, content, format="ndjson") == f"line 3, column {column!r}"


@pytest.mark.parametrize("value", ["oops", True, 1e300])
def test_what_is_no_number_in_a_row_of_ndjson_is_refused_by_row_and_column(read: Read, value: object) -> None:
    content = lines(ROW, ROW | {"time": 1}, ROW | {"time": 2, "v": value})
    assert place(read, content, format="ndjson") == "row 3, column 'v'"


@pytest.mark.parametrize("write", [as_parquet, as_arrow])
@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"id": NO_UTF8, "v": [1.0, 2.0]}, "row 2, column 'id'"),
        ({"id": ["a", "b"], "v": [1.0, 2.0], "label": NO_UTF8}, "row 2, column 'label'"),
        ({"id": [["a"], ["b"]], "v": [1.0, 2.0]}, "column 'id'"),
        ({"id": ["a", "b"], "v": [1.0, 2.0], "label": [{"x": 1}, {"x": 2}]}, "column 'label'"),
        ({"id": ["a", "b"], "v": [1.0, 2.0], "label": [dt.date(2024, 1, 1), None]}, "column 'label'"),
        ({"id": ["a", "b"], "v": [1.0, float("inf")]}, "row 2, column 'v'"),
        ({"time": pa.array([1, 2**63], pa.uint64()), "v": [1.0, 2.0]}, "row 2, column 'time'"),
        ({"label": ["a", "b"], "v_0": [1, 2], "v_1": ["1", "x"], "v_2": [1, 2], "v_3": [1, 2]}, "row 2, column 'v_1'"),
    ],
)
def test_a_value_of_a_typed_table_is_refused_by_row_and_column(
    read: Read, write: object, columns: dict[str, object], expected: str
) -> None:
    assert place(read, write(pa.table(columns))) == expected


def test_an_infinite_value_of_the_wide_form_is_told_once(read: Read) -> None:
    table = pa.table({"label": ["a"], **{f"v_{step}": [float("inf") if step == 2 else 1.0] for step in range(4)}})
    with pytest.raises(Unreadable) as caught:
        read(as_parquet(table))
    assert [detail.pointer for detail in caught.value.details] == ["row 1, column 'v_2'"]


def test_a_page_that_cannot_be_read_is_refused_by_the_row_it_may_begin_with(read: Read) -> None:
    target = io.BytesIO()
    table = pa.table({"id": ["a"] * 100_000, "v": np.random.default_rng(0).standard_normal(100_000)})
    parquet.write_table(table, target, row_group_size=10_000, compression="zstd", use_dictionary=["id"])
    content = bytearray(target.getvalue())
    metadata = parquet.read_metadata(io.BytesIO(bytes(content)))
    column = metadata.row_group(8).column(1)
    middle = column.data_page_offset + column.total_compressed_size // 2
    content[middle : middle + 200] = bytes(200)
    assert place(read, bytes(content)) == "row 65537 or later"  # rows come 65,536 at a time
    content[column.data_page_offset : column.data_page_offset + 20] = bytes(20)
    assert place(read, bytes(content)) == "row 80001 or later, column 'v'"


def test_a_first_field_may_be_missing(read: Read) -> None:
    assert read(b"a,b\n?,1\n2,3\n", format="csv").series.channels == ("a", "b")


def test_a_file_of_a_mark_alone_is_refused(read: Read) -> None:
    assert place(read, "\ufeff".encode(), format="csv") == "the header"
