"""Compressed uploads: opened by their magic bytes, expanded beside the upload, and never past a limit.

The expanded bytes go to an unnamed file in the upload's own directory: nothing is written elsewhere, and nothing is
left behind however the process ends.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.domain.datasets import Limits
from service.errors import TooLarge, Unreadable, UnsupportedFormat
from service.ingest.source import unnamed

BLOCK = 1 << 20
RATIO = 200
"""How many bytes one compressed byte may stand for, where there are more than `RATIO_FROM` of them."""
RATIO_FROM = 64 << 20

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[BinaryIO]:
    """The file at `path`, expanded if it is compressed, to be read from its start."""
    with path.open("rb") as file:
        expand = _expander(file.read(4))
        file.seek(0)
        if expand is None:
            yield file
            return
        with unnamed(path.parent) as expanded:
            _copy(expand(file), expanded, path.stat().st_size, limits)
            expanded.seek(0)
            if _expander(expanded.read(4)) is not None:
                raise UnsupportedFormat("The file was compressed twice; compress it once, or not at all.")
            expanded.seek(0)
            yield expanded


def check_expansion(compressed: int, expanded: int, limits: Limits) -> None:
    """TooLarge when so few bytes stand for so many that it can be no measurement, or for more than is allowed."""
    if expanded > limits.expanded_bytes:
        raise TooLarge(f"The file expands to more than {limits.expanded_bytes} bytes, the most that is read.")
    if expanded > max(RATIO_FROM, RATIO * compressed):
        raise TooLarge(f"The file expands to more than {RATIO} times its size, which no measured series do.")


def _copy(blocks: Iterator[bytes], target: BinaryIO, compressed: int, limits: Limits) -> None:
    size = 0
    for block in blocks:
        size += len(block)
        check_expansion(compressed, size, limits)
        target.write(block)


def _expander(magic: bytes) -> Callable[[BinaryIO], Iterator[bytes]] | None:
    return next((expand for signature, expand in EXPANDERS.items() if magic.startswith(signature)), None)


def _gunzip(file: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of at most `BLOCK` bytes of every member of a gzip file."""
    member = zlib.decompressobj(wbits=31)
    pending = file.read(BLOCK)
    while pending:
        try:
            yield member.decompress(pending, BLOCK)
        except zlib.error as error:
            raise Unreadable("The gzip file is broken; compress and send it again.") from error
        if member.eof:
            pending = (member.unused_data or file.read(BLOCK)).lstrip(b"\0")
            member = zlib.decompressobj(wbits=31)
            if not pending:
                return
        else:
            pending = member.unconsumed_tail or file.read(BLOCK)
    raise Unreadable("The gzip file ends too early; it was cut off.")


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of at most `BLOCK` bytes of a zstd file."""
    import pyarrow as pa  # noqa: PLC0415 - loaded with the first file that needs it

    try:
        with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
            while block := stream.read(BLOCK):
                yield block
    except OSError as error:
        if error.errno is not None:
            raise
        raise Unreadable("The zstd file is broken or cut off; compress and send it again.") from error


EXPANDERS: Mapping[bytes, Callable[[BinaryIO], Iterator[bytes]]] = {GZIP: _gunzip, ZSTD: _unzstd}
