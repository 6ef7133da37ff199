"""Whatever bytes come, a file is read or refused in the service's own words."""

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.series import Series
from service.domain.datasets import Limits, Reading
from service.errors import Misleading, TooLarge, Unreadable, UnsupportedFormat
from service.ingest import read_series
from service.ingest.detection import Format
from tests.reference.series_files import WRITERS

LIMITS = Limits(expanded_bytes=1 << 20, values=10_000, cases=100, channels=20, classes=20)
SERIES = Series.from_cases(list(np.random.default_rng(0).standard_normal((3, 9, 2))), labels=["a", "b", "a"])


def attempt(content: bytes, stated: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upload"
        path.write_bytes(content)
        with contextlib.suppress(Unreadable, UnsupportedFormat, TooLarge, Misleading):
            read_series(path, Reading(format=stated), LIMITS)


@pytest.mark.parametrize("stated", [None, *Format])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_arbitrary_bytes_are_read_or_refused(stated: str | None, content: bytes) -> None:
    attempt(content, stated)


@pytest.mark.parametrize("written", WRITERS)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(written: str, data: st.DataObject) -> None:
    content = bytearray(WRITERS[written](SERIES))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
        content = content or bytearray(b" ")
    attempt(bytes(content))


@pytest.mark.parametrize("written", WRITERS)
def test_a_file_cut_off_anywhere_is_read_or_refused(written: str) -> None:
    content = WRITERS[written](SERIES)
    for length in range(0, len(content), max(1, len(content) // 150)):
        attempt(content[:length])


@given(text=st.text(alphabet='@#datclsLbe:,?.0129-+eEnNaAiI \n"()\t;|', max_size=200))
def test_texts_that_look_like_series_are_read_or_refused(text: str) -> None:
    for stated in (Format.TS, Format.CSV, Format.JSON):
        attempt(text.encode(), stated)
    attempt(b"@classLabel true a\n@data\n" + text.encode(), Format.TS)


@given(text=st.text(max_size=100))
def test_the_headers_of_arrays_are_read_or_refused(text: str) -> None:
    target = io.BytesIO()
    np.save(target, np.zeros((2, 3)))
    head = target.getvalue()[:10]
    attempt(head + text.encode("utf-8", "replace").ljust(118) + bytes(48), Format.NPY)
