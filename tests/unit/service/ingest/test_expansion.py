"""Compressed uploads."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from service.domain.datasets import Limits
from service.errors import TooLarge, Unreadable, UnsupportedFormat
from tests.reference.uploads import Compress, Read

TABLE = b"time,v\n" + b"".join(b"%d,%d\n" % (step, step * step) for step in range(1000))


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_compressed_file_is_its_content(read: Read, compress: Compress, tmp_path: Path) -> None:
    assert read(compress(TABLE)).series.digest() == read(TABLE).series.digest()
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]


def test_members_of_a_gzip_file_follow_each_other(read: Read) -> None:
    assert read(gzip.compress(TABLE[:500]) + gzip.compress(TABLE[500:])).series.digest() == read(TABLE).series.digest()


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_bomb_is_refused_before_its_end(read: Read, compress: Compress) -> None:  # row 3
    bomb = compress(bytes(100 << 20))
    with pytest.raises(TooLarge, match="200 times its size"):
        read(bomb)
    with pytest.raises(TooLarge, match="more than 5000000 bytes"):
        read(bomb, limits=Limits(expanded_bytes=5_000_000))


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_what_was_compressed_twice_is_refused(read: Read, compress: Compress) -> None:
    with pytest.raises(UnsupportedFormat, match="compressed twice"):
        read(compress(gzip.compress(TABLE)))


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_compressed_file_cut_off_or_damaged_is_refused(read: Read, compress: Compress) -> None:
    content = compress(TABLE)
    for broken in (content[: len(content) // 2], content[:20], content[:6] + b"\xff" * 20 + content[26:]):
        with pytest.raises(Unreadable, match=r"broken|cut off"):
            read(broken)


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "compressed"])
def test_an_empty_file_is_refused(read: Read, content: bytes) -> None:
    with pytest.raises(Unreadable, match="empty"):
        read(content)
