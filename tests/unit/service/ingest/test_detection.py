"""Which format a file is in."""

import numpy as np
import pytest

from service.errors import Unreadable, UnsupportedFormat
from service.ingest.detection import REFUSED, Format, detect


@pytest.mark.parametrize(
    ("head", "stated", "filename", "content_type", "expected"),
    [
        (b"PK\x03\x04", None, "x.csv", "text/csv", Format.NPZ),
        (b"\x93NUMPY", None, None, None, Format.NPY),
        (b"PAR1", None, None, None, Format.PARQUET),
        (b"ARROW1", None, None, None, Format.ARROW),
        (b"a,b\n1,2", "ts", "x.csv", None, Format.TS),
        (b"a,b\n1,2", None, "x.TS.gz", "text/csv", Format.TS),
        (b"a,b\n1,2", None, "upload", "text/tab-separated-values; charset=utf-8", Format.TSV),
        (b"a,b\n1,2", None, None, "application/octet-stream", Format.CSV),
        (b"a\tb\n1\t2", None, None, None, Format.TSV),
        (b"a;b\n1;2", None, None, None, Format.CSV),
        (b' \n{"series": []}', None, None, None, Format.JSON),
        (b"\xef\xbb\xbf# note\n@problemName x\n", None, None, None, Format.TS),
    ],
)
def test_a_format_is_found(
    head: bytes, stated: str | None, filename: str | None, content_type: str | None, expected: Format
) -> None:
    assert detect(head, stated, filename, content_type) is expected


@pytest.mark.parametrize("head", [*REFUSED, b"hello world", b"\x00\x01\x02,", b"\x1b[31m", np.float32(1).tobytes()])
def test_what_is_not_read_is_refused_with_what_is(head: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="parquet and arrow are read"):
        detect(head, None, None, None)


@pytest.mark.parametrize("signature", REFUSED)
def test_a_stated_format_does_not_open_what_is_refused(signature: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        detect(signature, "csv", "x.csv", "text/csv")


def test_a_format_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnsupportedFormat, match="'xlsx'; ts, arff, csv"):
        detect(b"a,b", "xlsx", None, None)


@pytest.mark.parametrize(("head", "stated"), [(b"PAR1", "npz"), (b"a,b\n", "parquet"), (b"\x93NUMPY", "csv")])
def test_a_stated_format_that_the_bytes_deny_is_refused(head: bytes, stated: str) -> None:
    with pytest.raises(Unreadable, match="beginning of the file"):
        detect(head, stated, None, None)
