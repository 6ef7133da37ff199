"""Text with a case a line: the lines that say something, and the numbers of a case's channels."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from service.errors import TooLarge
from service.ingest.faults import Faults
from service.ingest.number_text import Doubles, faulty_numbers, parse_numbers

LINE_BYTES = 32 << 20
"""The longest line that is read: some two million steps of one case."""


def lines(file: BinaryIO, comment: bytes | None) -> Iterator[tuple[int, bytes]]:
    """Yield each line that says something, with its 1-based number."""
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            message = f"Line {number} is longer than {LINE_BYTES} bytes; send cases this long as npz or parquet."
            raise TooLarge(message)
        line = line.strip()
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line and not (comment is not None and line.startswith(comment)):
            yield number, line


def read_values(channels: Sequence[bytes], number: int, faults: Faults) -> Doubles | None:
    """The channels of one case, numbers with commas between, as (L, C) float64; None if there was a fault."""
    lengths = [channel.count(b",") + 1 for channel in channels]
    values = parse_numbers(b",".join(channels))
    if values is None or len(values) != sum(lengths):
        for channel, text in enumerate(channels):
            for step, sentence in faulty_numbers(text):
                faults.add(place(number, channel, step), sentence)
                if faults.full:
                    return None
        return None
    for channel, length in enumerate(lengths):
        if length != lengths[0]:
            sentence = f"Its length is {length}, that of channel 1 is {lengths[0]}; a case has one length."
            faults.add(f"line {number}, channel {channel + 1}", sentence)
            return None
    return values.reshape(len(channels), -1).T


def place(line: int, channel: int, step: int) -> str:
    """How a value of a case is named: counted from 1, as an editor counts."""
    return f"line {line}, channel {channel + 1}, step {step + 1}"
