"""One set of series is one dataset, whichever file it comes in, and whether memory holds it or the disk."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.data.series import Series
from service.domain.datasets import Limits, Reading
from service.ingest import read_series
from service.ingest.detection import Format
from service.ingest.reading import READERS, reader
from tests.reference import series_files

SPELLINGS = {
    **series_files.WRITERS,
    "npz compressed": partial(series_files.to_npz, compressed=True),
    "npz in Fortran's order": partial(series_files.to_npz, fortran=True),
    "ndjson rows": series_files.to_rows,
    "arrow stream": partial(series_files.to_arrow, stream=True),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(series=series_files.series_sets(), in_memory=st.sampled_from([64 << 20, 0]))
def test_a_series_read_back_has_its_digest(spelling: str, series: Series, in_memory: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upload"
        path.write_bytes(SPELLINGS[spelling](series))
        stated = Reading(format="ndjson" if "ndjson" in spelling else None)
        read = read_series(path, stated, Limits(in_memory=in_memory))
    assert read.format == spelling.split(maxsplit=1)[0]
    assert read.series.digest() == series.digest()


@pytest.mark.parametrize("write", [series_files.to_wide_csv, series_files.to_wide_parquet])
@given(series=series_files.series_sets(), in_memory=st.sampled_from([64 << 20, 0]))
def test_a_series_in_wide_form_has_its_digest(write: Callable[[Series], bytes], series: Series, in_memory: int) -> None:
    ends = series.values[series.offsets[1:] - 1]
    assume(not np.isnan(ends).all(axis=1).any())  # what is missing at the end of a row is padding
    patterns = tuple(f"{name}_*" for name in series.channels)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upload.csv"
        path.write_bytes(write(series))
        limits = Limits(in_memory=in_memory)
        read = read_series(path, Reading(form="wide", channels=patterns), limits, filename="x.csv")
    assert read.series.digest() == series.digest()


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(Format)
    assert all(callable(reader(kind)) for kind in Format)
