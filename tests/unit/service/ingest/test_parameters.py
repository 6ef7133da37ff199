"""The parameters that a reading tells ask for that very reading, in every format and whatever was asked before."""

import contextlib
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.series import Series
from service.domain.datasets import ROLES, Ingested, Limits, Reading, format_channels, parse_channels
from service.errors import Unreadable
from service.ingest import read_series
from service.ingest.roles import USUAL
from tests.reference import series_files

SPELLINGS = {
    **series_files.WRITERS,
    "npz in Fortran's order": partial(series_files.to_npz, fortran=True),
    "ndjson rows": series_files.to_rows,
    "wide csv": series_files.to_wide_csv,
    "wide parquet": series_files.to_wide_parquet,
}
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "label": st.sampled_from(["", "label", "y", "the class"]),
        "target": st.sampled_from(["", "target", "targets", "y"]),
        "series": st.sampled_from(["", "series", "id"]),
        "time": st.sampled_from(["", "time"]),
        "form": st.sampled_from(["long", "wide"]),
        "channels": st.sampled_from([("c0",), ("c0_*",)]),
        "header": st.booleans(),
        "format": st.sampled_from(["csv", "ndjson", "npz"]),
    },
)


def attempt(content: bytes, filename: str, reading: Reading) -> Ingested | None:
    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(Unreadable):
        path = Path(directory) / "upload"
        path.write_bytes(content)
        return read_series(path, reading, Limits(), filename=filename)
    return None


def holds(content: bytes, filename: str, reading: Reading) -> None:
    found = attempt(content, filename, reading)
    if found is None or found.examination is None:
        return
    told = found.examination.reading
    again = attempt(content, filename, Reading.from_texts(told.parameters))
    assert again is not None
    assert again.examination is not None
    repeated = again.examination.reading
    assert again.series.digest() == found.series.digest()
    assert (repeated.form, repeated.parameters) == (told.form, told.parameters)
    assert [(each.role, each.column) for each in repeated.columns] == [(e.role, e.column) for e in told.columns]
    assert {each.certainty for each in repeated.columns} <= {"asked"}


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=15)
@given(series=series_files.series_sets(), options=OPTIONS)
def test_what_is_told_asks_for_the_same(spelling: str, series: Series, options: dict[str, object]) -> None:
    filename = f"x.{spelling.split(maxsplit=1)[0] if 'wide' not in spelling else spelling.split()[1]}"
    for asked in ({}, options):
        holds(SPELLINGS[spelling](series), filename, Reading(**asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("X", "y"), ("X", "labels"), ("X", "targets"), ("data", "arr_1"), ("X",)])
@pytest.mark.parametrize(
    "asked", [{}, {"label": ""}, {"target": ""}, {"label": "y"}, {"target": "y"}, {"target": "arr_1"}]
)
@pytest.mark.parametrize("answers", [[0, 1, 0], [0.5, 1.5, 2.0], ["a", "b", "a"]])
def test_what_is_told_of_arrays_asks_for_the_same(
    tmp_path: Path, names: tuple[str, ...], asked: dict[str, str], answers: list[object]
) -> None:
    arrays = dict(zip(names, (np.arange(12.0).reshape(3, 4), np.array(answers)), strict=False))
    np.savez(tmp_path / "x.npz", **arrays)
    holds((tmp_path / "x.npz").read_bytes(), "x.npz", Reading(**asked))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)).map(tuple))
def test_names_of_channels_are_written_so_that_they_are_read_again(names: tuple[str, ...]) -> None:
    assert parse_channels(format_channels(names)) == names


def test_a_column_with_commas_in_its_name_is_told_and_asked_for() -> None:
    text = b'time,"speed (m, s)","say ""x"""\n0,1,2\n1,2,3\n'
    found = attempt(text, "x.csv", Reading())
    assert found is not None
    assert found.series.channels == ("speed (m, s)", 'say "x"')
    holds(text, "x.csv", Reading())


def test_every_role_has_its_usual_names() -> None:
    assert tuple(USUAL) == ROLES
