"""Changes that 32-bit floats lose are told as such, whichever format the values come in, and nothing else is."""

import io
from collections.abc import Callable

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from service.domain.datasets import Ingested, Limits
from service.domain.reports import Finding
from service.ingest.precision import AT_ONCE, Precision
from tests.reference.uploads import Read

Cases = np.ndarray
"""(N, C, L) float64."""


def as_npz(cases: Cases) -> bytes:
    target = io.BytesIO()
    np.savez(target, X=cases)
    return target.getvalue()


def as_ts(cases: Cases) -> bytes:
    rows = (":".join(",".join(map(repr, map(float, channel))) for channel in case) for case in cases)
    return ("@classLabel false\n@data\n" + "\n".join(rows)).encode()


def as_arff(cases: Cases) -> bytes:
    rows = ("'" + "\\n".join(",".join(map(repr, map(float, channel))) for channel in case) + "'" for case in cases)
    return ("@relation r\n@attribute x relational\n@attribute a numeric\n@end x\n@data\n" + "\n".join(rows)).encode()


def as_ndjson(cases: Cases) -> bytes:
    return b"\n".join(orjson.dumps({"series": case.tolist()}) for case in cases)


def long_table(cases: Cases) -> pa.Table:
    names = {f"c{channel}": cases[:, channel].reshape(-1) for channel in range(cases.shape[1])}
    rows = np.repeat(np.arange(len(cases)), cases.shape[2])
    return pa.table({"id": [f"case {row}" for row in rows], **names})


def as_long_csv(cases: Cases) -> bytes:
    columns = long_table(cases).to_pydict()
    rows = (",".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    return (",".join(columns) + "\n" + "\n".join(rows)).encode()


def as_parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    parquet.write_table(table, target)
    return target.getvalue()


def as_wide(cases: Cases) -> bytes:
    shape = cases.shape
    steps = {f"c{channel}_{step}": cases[:, channel, step] for channel in range(shape[1]) for step in range(shape[2])}
    return as_parquet(pa.table({"id": [f"case {case}" for case in range(len(cases))], **steps}))


WRITERS: dict[str, Callable[[Cases], bytes]] = {
    "npz": as_npz,
    "ts": as_ts,
    "arff": as_arff,
    "ndjson": as_ndjson,
    "json": lambda cases: orjson.dumps({"series": cases.tolist()}),
    "csv": as_long_csv,
    "parquet": lambda cases: as_parquet(long_table(cases)),
    "wide parquet": as_wide,
}
RNG = np.random.default_rng(3)
PLAIN = RNG.standard_normal((3, 2, 40))


def told(found: Ingested) -> dict[str, Finding]:
    assert found.examination is not None
    return {finding.kind.value: finding for finding in found.examination.findings}


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize(("scale", "offset", "advice"), [(1, 1e12, "subtract an offset"), (1e-300, 0, "multiply them")])
def test_changes_that_are_lost_are_told_and_not_as_a_constant(
    read: Read, written: str, scale: float, offset: float, advice: str
) -> None:
    cases = PLAIN.copy()
    cases[:, 1] = cases[:, 1] * scale + offset
    found = told(read(WRITERS[written](cases), format=written.rpartition(" ")[2]))
    assert "constant" not in found
    finding = found["flattened"]
    assert (finding.count, finding.first.channel, finding.first.case, finding.first.step) == (1, "c1", 0, 1)
    assert advice in finding.detail
    row, column = {"ts": (3, None), "arff": (6, None), "ndjson": (1, None), "csv": (2, "c1")}.get(written, (None, None))
    if "parquet" in written:
        row, column = (1, "c1_1") if "wide" in written else (2, "c1")
    assert (finding.first.row, finding.first.column) == (row, column)


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize(
    "values",
    [
        PLAIN,
        PLAIN.astype(np.float32).astype(np.float64) + 1000,
        np.full((3, 2, 40), 1e12),
        np.full((3, 2, 40), 0.1 + 0.2),
        np.where(PLAIN > 0, 0.3, 0.1 + 0.2),  # the file's own rounding is no change
        np.round(PLAIN) + 1e6,
    ],
)
def test_nothing_is_told_of_values_that_lose_nothing(read: Read, written: str, values: np.ndarray) -> None:
    assert "flattened" not in told(read(WRITERS[written](values), format=written.rpartition(" ")[2]))


def test_each_way_to_lose_changes_has_its_own_advice(read: Read) -> None:
    cases = np.stack([PLAIN[:, 0] * 1e-300, PLAIN[:, 1] + 1e12], axis=1)
    examination = read(as_npz(cases), format="npz").examination
    first, second = (each for each in examination.findings if each.kind == "flattened")
    assert (first.first.channel, second.first.channel) == ("c1", "c0")
    assert "such as 1e+12" in first.detail
    assert "for instance by 1e+300" in second.detail


def test_rows_that_are_sorted_are_told_by_where_they_stood(read: Read) -> None:
    text = "id,time,v\n" + "".join(f"a,{20 - step},{10**12 + step}\n" for step in range(20))
    found = told(read(text.encode(), format="csv"))
    assert "out_of_order" in found
    first = found["flattened"].first
    assert (first.row, first.column, first.channel, first.step) == (2, "v", "v", 18)


def test_whole_numbers_lose_their_changes_as_well(read: Read) -> None:
    found = told(read(as_npz((10**12 + np.arange(80)).reshape(2, 1, 40)), format="npz"))
    assert found["flattened"].first.case == 0


def test_values_behind_the_end_of_a_case_do_not_count(read: Read) -> None:
    values = 1e12 + np.arange(80.0).reshape(2, 1, 40)
    values[:, :, 20:] = RNG.standard_normal((2, 1, 20)) * 1e13
    target = io.BytesIO()
    np.savez(target, X=values, lengths=np.array([20, 10]))
    assert "flattened" in told(read(target.getvalue(), format="npz"))


def test_missing_values_hide_no_change(read: Read) -> None:
    rows = "".join(f"{10**12 + step if step % 2 else ''},1\n" for step in range(40))
    found = told(read(("v,w\n" + rows).encode(), format="csv"))
    assert (found["flattened"].first.row, found["constant"].first.channel) == (4, "w")


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_each_case_may_have_an_offset_of_its_own(read: Read, in_memory: int) -> None:
    offsets = np.array([1e12, 0, -3e12]).reshape(3, 1, 1)
    found = told(read(as_long_csv(PLAIN + offsets), format="csv", limits=Limits(in_memory=in_memory)))
    assert (found["flattened"].count, found["flattened"].first.row) == (2, 2)


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_a_long_rise_in_small_steps_loses_nothing_that_matters(read: Read, in_memory: int) -> None:
    values = 1e8 + np.arange(100_000.0).reshape(1, 1, -1)
    found = told(read(as_npz(values), format="npz", limits=Limits(in_memory=in_memory)))
    assert "flattened" not in found


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 2**31))
def test_blocks_of_any_size_tell_the_same(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.stack([1e12 + rng.integers(0, 9, sum(sizes)), rng.standard_normal(sum(sizes))], axis=1)
    whole, parts = Precision(2), Precision(2)
    whole.look(values)
    for part in np.split(values, np.cumsum(sizes)[:-1]):
        parts.look(part, np.ones(len(part), np.bool_))  # not gathered
    one, other = whole.found(), parts.found()
    for name in ("lost", "first"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_a_single_change_that_is_lost_is_found() -> None:
    values = np.full((100_000, 1), 1e12)
    values[77_777] += 1
    precision = Precision(1)
    precision.look(values)
    assert (precision.found().lost[0], precision.found().first[0]) == (2, 77_777)


def test_small_blocks_are_looked_at_together() -> None:
    precision = Precision(1)
    for step in range(AT_ONCE + 10):
        precision.look(np.array([[1e12 + step % 7]]))
    assert precision.found().lost[0] == AT_ONCE + 9
