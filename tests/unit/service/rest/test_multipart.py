"""A multipart body gives its file however it is cut into pieces."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rest.multipart import FilePart
from service.rest.problems import Malformed

TYPE = "multipart/form-data; boundary=b"


def body(content: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    head = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../x.ts"\r\nContent-Type: text/plain\r\n\r\n'
    )
    return before + head + content + b"\r\n" + after + b"--b--\r\n"


def read(part: FilePart, raw: bytes, size: int) -> bytes:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), size):
            yield raw[at : at + size]

    async def all_of_it() -> bytes:
        return b"".join([chunk async for chunk in part.content(pieces())])

    return asyncio.run(all_of_it())


@given(st.binary(max_size=200).filter(lambda content: b"\r\n--b" not in content), st.integers(1, 50))
def test_the_file_is_the_same_however_it_is_cut(content: bytes, size: int) -> None:
    part = FilePart(TYPE)
    assert read(part, body(content), size) == content
    assert part.filename == "../../x.ts"
    assert part.content_type == "text/plain"


@given(st.integers(1, 50))
def test_boundaries_that_are_none_belong_to_the_file(size: int) -> None:
    content = b"\r\n--a\r\n--c--\r\n\r\n-\r\n--"
    assert read(FilePart(TYPE), body(content), size) == content


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_part_that_would_be_passed_over_is_refused_by_its_name(place: str) -> None:
    other = b'--b\r\nContent-Disposition: form-data; name="label"\r\n\r\nvalue\r\n'
    with pytest.raises(Malformed, match=r"'label'.*query"):
        read(FilePart(TYPE), body(b"content", **{place: other}), 7)


def test_two_files_are_one_too_many() -> None:
    with pytest.raises(Malformed, match="more than one"):
        read(FilePart(TYPE), body(b"1")[: -len(b"--b--\r\n")] + body(b"2"), 1000)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_noise_is_refused(noise: bytes, size: int) -> None:
    with pytest.raises(Malformed):
        read(FilePart(TYPE), noise, size)
