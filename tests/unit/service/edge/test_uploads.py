"""Files are spooled within their limit, and are gone when their request is over."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.domain.datasets import Upload
from service.edge.lanes import Lane
from service.edge.uploads import ABANDONED_AFTER_SECONDS, Spool
from service.errors import ServiceError, StorageFull, TooLarge, Unavailable


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane("tests", 1, 8)
    yield lane
    lane.close()


@pytest.fixture
def spool(tmp_path: Path, lane: Lane) -> Spool:
    return Spool(tmp_path / "uploads", 3 << 20, lane)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def taken(spool: Spool, *parts: bytes) -> tuple[Upload, bytes]:
    async def take() -> tuple[Upload, bytes]:
        async with spool.take(chunks(*parts)) as upload:
            return upload, upload.path.read_bytes()

    return asyncio.run(take())


def test_the_file_holds_every_byte_in_order_and_goes_with_the_context(spool: Spool) -> None:
    parts = [bytes([number]) * 700_000 for number in range(4)]
    upload, content = taken(spool, *parts)
    assert content == b"".join(parts)
    assert upload.size == len(content)
    assert not upload.path.exists()


def test_one_byte_over_the_limit_is_too_large_and_leaves_nothing(spool: Spool) -> None:
    taken(spool, bytes(spool.limit))
    with pytest.raises(TooLarge):
        taken(spool, bytes(spool.limit), b"x")
    assert list(spool.directory.iterdir()) == []


def test_an_announced_size_is_refused_before_the_first_byte(spool: Spool) -> None:
    spool.check_announced(None)
    spool.check_announced(spool.limit)
    with pytest.raises(TooLarge):
        spool.check_announced(spool.limit + 1)


def test_a_sender_that_goes_away_leaves_nothing(spool: Spool) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield bytes(2 << 20)
        raise ConnectionResetError

    async def take() -> None:
        async with spool.take(cut()):
            pytest.fail("there is no file")

    with pytest.raises(ConnectionResetError):
        asyncio.run(take())
    assert list(spool.directory.iterdir()) == []


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, StorageFull), (errno.EIO, Unavailable)])
def test_a_disk_that_refuses_is_told(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[ServiceError]
) -> None:
    def refuse(_descriptor: int, _content: bytes) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.write", refuse)
    with pytest.raises(expected):
        taken(spool, b"x")
    assert list(spool.directory.iterdir()) == []


def test_what_a_killed_process_left_is_swept_but_nothing_that_is_being_written(tmp_path: Path, lane: Lane) -> None:
    old, young = tmp_path / "old.upload", tmp_path / "young.upload"
    for path in (old, young):
        path.touch()
    os.utime(old, (0, time.time() - ABANDONED_AFTER_SECONDS - 1))
    spool = Spool(tmp_path, 1, lane)
    assert list(tmp_path.iterdir()) == [young]
    assert spool.sweep() == 0
    os.utime(young, (0, time.time() - ABANDONED_AFTER_SECONDS - 1))
    assert spool.sweep() == 1, "a service that does not start again sweeps as well"
