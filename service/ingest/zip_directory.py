"""The directory of a ZIP file, read and checked before one byte is expanded.

Python's zipfile opens whatever it can make sense of; an upload must hold to more: few members, no two of them over the
same bytes, sizes that agree, and a ratio that measurements can have. All of it follows from the directory and the
members' local headers alone (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3).
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from service.domain.datasets import Limits
from service.errors import Detail, Misleading, TooLarge, Unreadable, UnsupportedFormat
from service.ingest.expansion import check_expansion
from service.ingest.faults import fault, quote

MEMBERS = 64
DIRECTORY_BYTES = 1 << 20
COMMENT_BYTES = 0xFFFF
BLOCK = 1 << 20

END = struct.Struct("<4s4H2IH")
END64_LOCATOR = struct.Struct("<4sIQI")
END64 = struct.Struct("<4sQ2H2I4Q")
ENTRY = struct.Struct("<4s6H3I5H2I")
LOCAL = struct.Struct("<4s5H3I2H")

STORED, DEFLATED = 0, 8
ENCRYPTED = 1
KIND = 0o170000
PLAIN = frozenset({0, 0o100000, 0o040000})
"""What a member may be: a file or a folder, or nothing that the archive tells; no link, and no device."""
ELSEWHERE = re.compile(r"\A(/|[A-Za-z]:)|[\\\0]|(\A|/)\.\.(/|\Z)")
SUFFIX = ".npy"
SENTINEL, SHORT_SENTINEL = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True)
class Member:
    """One file in the archive: `expanded` bytes that stand as `compressed` bytes from `start`.

    alike: whether it has the same name where it begins as in the directory
    """

    name: str
    method: int
    crc: int
    compressed: int
    expanded: int
    header: int
    start: int
    alike: bool = True


@dataclass(frozen=True)
class Directory:
    """Where the directory stands, and how many entries it has."""

    count: int
    size: int
    offset: int


def read_members(file: BinaryIO, limits: Limits) -> Mapping[str, Member]:
    """Every member by name, checked; Misleading, Unreadable, UnsupportedFormat or TooLarge from the directory alone.

    A name is that of an array: NumPy takes X for X.npy, so both of them cannot stand in one archive.
    """
    directory = _find_directory(file)
    if directory.count > MEMBERS or directory.size > DIRECTORY_BYTES:
        raise TooLarge(f"The archive has {directory.count} members; at most {MEMBERS} are read.")
    members: dict[str, Member] = {}
    for member in _entries(file, directory):
        name = member.name.removesuffix(SUFFIX)
        if name in members:
            raise _misleading(member.name, "Two members have this name.")
        members[name] = member
    _check_spans(members.values(), directory.offset)
    for member in members.values():
        if not member.alike:
            raise _misleading(member.name, "It has another name where it begins than in the archive's directory.")
    for member in members.values():
        check_expansion(member.compressed, member.expanded, limits)
    check_expansion(directory.offset, sum(member.expanded for member in members.values()), limits)
    return members


def expand(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield blocks of a member's content, and check its length and checksum at the end."""
    size = crc = 0
    for block in _stored(file, member) if member.method == STORED else _inflated(file, member):
        size += len(block)
        crc = zlib.crc32(block, crc)
        if size > member.expanded:
            raise fault(_shown(member), f"It expands to more than the {member.expanded} bytes that are declared.")
        yield block
    if size != member.expanded or crc != member.crc:
        raise fault(_shown(member), "Its bytes are not those that were archived; the file was damaged or cut off.")


def _stored(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield the bytes of a member as they stand, however the file is moved between two blocks."""
    place, end = member.start, member.start + member.compressed
    while place < end:
        file.seek(place)
        block = file.read(min(BLOCK, end - place))
        if not block:
            return
        place += len(block)
        yield block


def _inflated(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield the expanded bytes of a member in blocks of at most `BLOCK`."""
    inflater = zlib.decompressobj(-15)
    try:
        for block in _stored(file, member):
            pending = block
            while pending and not inflater.eof:
                yield inflater.decompress(pending, BLOCK)
                pending = inflater.unconsumed_tail
        while rest := inflater.decompress(b"", BLOCK):
            yield rest
    except zlib.error as error:
        raise fault(_shown(member), "Its compressed bytes are broken.") from error


def _find_directory(file: BinaryIO) -> Directory:
    """The end record stands last in the file, behind at most 64 KiB of comment."""
    size = file.seek(0, 2)
    tail_start = max(0, size - END.size - COMMENT_BYTES)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + END.size > len(tail):
        raise Unreadable("The archive has no directory at its end; it was cut off.")
    _, disk, first_disk, _, count, length, offset, comment = END.unpack_from(tail, place)
    end = tail_start + place
    if disk or first_disk or place + END.size + comment != len(tail):
        raise Unreadable("The archive's end record is broken.")
    if count == SHORT_SENTINEL or SENTINEL in {length, offset}:
        count, length, offset, end = _find_large_directory(file, end)
    if offset + length != end:
        raise Unreadable("The archive's directory does not stand where its end record says.")
    return Directory(count, length, offset)


def _find_large_directory(file: BinaryIO, end: int) -> tuple[int, int, int, int]:
    """Count, size and offset by the ZIP64 end record, and the place of that record."""
    broken = Unreadable("The archive's ZIP64 end record is broken.")
    if end < END64_LOCATOR.size:
        raise broken
    file.seek(end - END64_LOCATOR.size)
    signature, _, place, _ = END64_LOCATOR.unpack(file.read(END64_LOCATOR.size))
    if signature != b"PK\x06\x07" or place + END64.size + END64_LOCATOR.size > end:
        raise broken
    file.seek(place)
    signature, *_, count, length, offset = END64.unpack(file.read(END64.size))
    if signature != b"PK\x06\x06":
        raise broken
    return count, length, offset, place


def _entries(file: BinaryIO, directory: Directory) -> Iterator[Member]:
    file.seek(directory.offset)
    raw = file.read(directory.size)
    place = 0
    for _ in range(directory.count):
        if place + ENTRY.size > len(raw):
            raise Unreadable("The archive's directory is cut off.")
        fields = ENTRY.unpack_from(raw, place)
        names = place + ENTRY.size
        extra = names + fields[10]
        following = extra + fields[11] + fields[12]
        if fields[0] != b"PK\x01\x02" or following > len(raw):
            raise Unreadable("The archive's directory is broken.")
        yield _entry(file, fields, raw[names:extra], raw[extra : extra + fields[11]])
        place = following


def _entry(file: BinaryIO, fields: tuple[int, ...], named: bytes, extra: bytes) -> Member:
    """Check one entry and find its data behind the local header."""
    name = named.decode("utf-8", "replace")
    flags, method, crc, mode = fields[3], fields[4], fields[7], fields[15] >> 16
    if mode & KIND not in PLAIN:
        raise _misleading(name, "It is a link or a device, and no file.")
    if ELSEWHERE.search(name):
        raise _misleading(name, "Its name is a path that leads outside of the archive.")
    sizes = _large_sizes(extra, (fields[9], fields[8], fields[16]))
    if sizes is None:
        raise Unreadable("The archive's directory has a broken ZIP64 field.")
    expanded, compressed, header = sizes
    if flags & ENCRYPTED or method not in {STORED, DEFLATED}:
        raise UnsupportedFormat(f"Member {quote(name)} is encrypted or compressed by other means than deflate.")
    if method == STORED and compressed != expanded:
        raise fault(f"member {quote(name)}", "It is not compressed, and yet declares two sizes.")
    file.seek(header)
    local = file.read(LOCAL.size)
    if len(local) != LOCAL.size or local[:4] != b"PK\x03\x04":
        raise fault(f"member {quote(name)}", "The directory points to a place where no member begins.")
    *_, name_length, extra_length = LOCAL.unpack(local)
    start = header + LOCAL.size + name_length + extra_length
    return Member(name, method, crc, compressed, expanded, header, start, alike=file.read(name_length) == named)


def _large_sizes(extra: bytes, sizes: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Replace those sizes that do not fit 32 bits by the ones in the ZIP64 field."""
    if SENTINEL not in sizes:
        return sizes
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        content = extra[place + 4 : place + 4 + length]
        place += 4 + length
        if kind == 1 and len(content) >= 8 * sizes.count(SENTINEL):
            large = iter(struct.unpack(f"<{len(content) // 8}Q", content[: len(content) // 8 * 8]))
            first, second, third = (next(large) if size == SENTINEL else size for size in sizes)
            return first, second, third
    return None


def _check_spans(members: Iterable[Member], directory: int) -> None:
    """No two members may share bytes, nor reach into the directory (overlapping entries are how bombs are made)."""
    end = 0
    for member in sorted(members, key=lambda member: member.header):
        if member.header < end:
            raise fault(_shown(member), "It stands over the bytes of another member.")
        end = member.start + member.compressed
    if end > directory:
        raise Unreadable("A member reaches into the archive's directory.")


def _shown(member: Member) -> str:
    return f"member {quote(member.name)}"


def _misleading(name: str, detail: str) -> Misleading:
    place = f"member {quote(name)}"
    return Misleading(f"At {place}: {detail}", Detail(place, detail))
