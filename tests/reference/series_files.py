"""Series written in every format that is read, in the plainest way, and series of every kind to write."""

import io
from collections.abc import Callable, Mapping

import numpy as np
import orjson
import pyarrow as pa
from hypothesis import strategies as st
from pyarrow import csv, parquet

from model.data.series import Series

Writer = Callable[[Series], bytes]


def to_ts(series: Series) -> bytes:
    """Channel names are lost: the format has none."""
    lines = ["# a comment", "@problemName Written", "@timeStamps false"]
    if series.classes is not None:
        lines.append("@classLabel true " + " ".join(series.classes))
    elif series.targets is not None:
        lines.append("@targetLabel true")
    else:
        lines.append("@classLabel false")
    lines.append("@data")
    for case in range(series.cases):
        parts = [_numbers(channel) for channel in series.case(case).T]
        answer = _answer(series, case)
        lines.append(":".join(parts if answer is None else [*parts, str(answer)]))
    return "\n".join(lines).encode() + b"\n"


def to_arff(series: Series) -> bytes:
    """Every file is multivariate: only a relation can hold cases of different lengths."""
    longest = int(series.lengths.max())
    lines = ["% a comment", "@relation Written", "", "@attribute steps relational"]
    lines += [f"  @attribute att{step} numeric" for step in range(longest)]
    lines.append("@end steps")
    if series.classes is not None:
        lines.append("@attribute 'the class' {" + ", ".join(f"'{name}'" for name in series.classes) + "}")
    elif series.targets is not None:
        lines.append("@attribute target real")
    lines.append("@data")
    for case in range(series.cases):
        channels = [_numbers(channel) for channel in series.case(case).T]
        answer = _answer(series, case)
        lines.append("'" + "\\n".join(channels) + "'")
        if answer is not None:
            lines[-1] += f",'{answer}'" if series.classes is not None else f",{answer}"
    return "\n".join(lines).encode() + b"\n"


def to_npz(series: Series, *, compressed: bool = False, fortran: bool = False) -> bytes:
    longest = int(series.lengths.max())
    values = np.full((series.cases, len(series.channels), longest), np.nan, np.float32)
    for case in range(series.cases):
        values[case, :, : series.lengths[case]] = series.case(case).T
    arrays = {"X": np.asfortranarray(values) if fortran else values, "lengths": series.lengths}
    arrays["channels"] = np.array(series.channels)
    if series.labels is not None and series.classes is not None:
        arrays["y"] = np.array(series.classes)[series.labels]
    if series.targets is not None:
        arrays["targets"] = series.targets
    target = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(target, **arrays)
    return target.getvalue()


def to_json(series: Series) -> bytes:
    document: dict[str, object] = {"series": [to_lists(series.case(case)) for case in range(series.cases)]}
    document["channels"] = list(series.channels)
    answers = [_answer(series, case) for case in range(series.cases)]
    if series.classes is not None:
        document["labels"] = answers
    elif series.targets is not None:
        document["targets"] = answers
    return orjson.dumps(document)


def to_ndjson(series: Series) -> bytes:
    """A case a line; channel names are lost."""
    name = "target" if series.classes is None else "label"
    lines = []
    for case in range(series.cases):
        answer = _answer(series, case)
        line: dict[str, object] = {"series": to_lists(series.case(case))}
        lines.append(orjson.dumps(line if answer is None else {**line, name: answer}))
    return b"\n".join(lines)


def to_rows(series: Series) -> bytes:
    """NDJSON in long form: a row a line."""
    return b"".join(orjson.dumps(row) + b"\n" for row in to_table(series).to_pylist())


def to_lists(case: np.ndarray) -> list[list[float | None]]:
    """A case (L, C) as lists of its channels, missing values as None."""
    return [[None if np.isnan(v) else float(v) for v in channel] for channel in case.T]


def to_table(series: Series) -> pa.Table:
    """The long form: case, time, channels, and the answer in every row."""
    lengths = series.lengths
    rows = np.repeat(np.arange(series.cases), lengths)
    columns: dict[str, object] = {"series": pa.array([f"case {row}" for row in rows])}
    columns["time"] = pa.array(np.arange(len(rows)) - np.repeat(series.offsets[:-1], lengths))
    for place, name in enumerate(series.channels):
        values = series.values[:, place].astype(np.float64)
        columns[name] = pa.array(values, mask=np.isnan(values))
    answers = [_answer(series, case) for case in rows]
    if series.classes is not None:
        columns["label"] = pa.array(answers, pa.string())
    elif series.targets is not None:
        columns["target"] = pa.array(answers)
    return pa.table(columns)


def to_wide_table(series: Series) -> pa.Table:
    """The wide form: a row a case, a column for each step of each channel, and the answer."""
    longest = int(series.lengths.max())
    dense = np.full((series.cases, longest, len(series.channels)), np.nan)
    for case in range(series.cases):
        dense[case, : series.lengths[case]] = series.case(case)
    columns: dict[str, object] = {"id": pa.array([f"case {case}" for case in range(series.cases)])}
    for place, name in enumerate(series.channels):
        for step in range(longest):
            values = dense[:, step, place]
            columns[f"{name}_{step}"] = pa.array(values, mask=np.isnan(values))
    answers = [_answer(series, case) for case in range(series.cases)]
    if series.classes is not None:
        columns["label"] = pa.array(answers, pa.string())
    elif series.targets is not None:
        columns["target"] = pa.array(answers)
    return pa.table(columns)


def to_wide_csv(series: Series) -> bytes:
    target = io.BytesIO()
    csv.write_csv(to_wide_table(series), target)
    return target.getvalue()


def to_wide_parquet(series: Series) -> bytes:
    target = io.BytesIO()
    parquet.write_table(to_wide_table(series), target, row_group_size=3)
    return target.getvalue()


def to_csv(series: Series) -> bytes:
    target = io.BytesIO()
    csv.write_csv(to_table(series), target)
    return target.getvalue()


def to_parquet(series: Series) -> bytes:
    target = io.BytesIO()
    parquet.write_table(to_table(series), target, row_group_size=97)
    return target.getvalue()


def to_arrow(series: Series, *, stream: bool = False) -> bytes:
    target = io.BytesIO()
    table = to_table(series)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(target, table.schema) as writer:
        writer.write_table(table, max_chunksize=89)
    return target.getvalue()


WRITERS: Mapping[str, Writer] = {
    "ts": to_ts,
    "arff": to_arff,
    "ndjson": to_ndjson,
    "npz": to_npz,
    "json": to_json,
    "csv": to_csv,
    "parquet": to_parquet,
    "arrow": to_arrow,
}


def _numbers(values: np.ndarray) -> str:
    return ",".join("?" if np.isnan(value) else repr(float(value)) for value in values)


def _answer(series: Series, case: int) -> str | float | None:
    if series.labels is not None and series.classes is not None:
        return series.classes[series.labels[case]]
    return None if series.targets is None else float(series.targets[case, 0])


@st.composite
def series_sets(draw: st.DrawFn) -> Series:
    """Series of every kind: labels, targets or neither, equal lengths or not, whole or with gaps."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    cases, channels = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    lengths = generator.integers(1, 12, cases) if draw(st.booleans()) else [draw(st.integers(1, 12))] * cases
    missing = draw(st.sampled_from([0.0, 0.0, 0.1, 0.6]))
    exponent = draw(st.sampled_from([0, 0, -30, 30]))
    arrays = []
    for length in lengths:
        array = (generator.standard_normal((length, channels)) * 10.0**exponent).astype(np.float32)
        array[generator.random(array.shape) < missing] = np.nan
        arrays.append(array)
    kind = draw(st.sampled_from(["labels", "targets", "neither"])) if cases > 1 else "labels"
    names = ["up", "down", "1", "2", "ö-Ü"]
    return Series.from_cases(
        arrays,
        labels=[names[place] for place in generator.integers(0, len(names), cases)] if kind == "labels" else None,
        targets=generator.standard_normal(cases) if kind == "targets" else None,
    )
