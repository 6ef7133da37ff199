"""Arrays (cases, channels, length) to the steps of series, some cases at a time, without the padding at cases' ends."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.arrays import Array
from model.data.blocks import release
from service.ingest.assembly import Steps, note_infinite
from service.ingest.faults import Faults, fault, quote
from service.ingest.npy import ArrayHeader, ByteStream, read_blocks
from service.ingest.precision import Flattened
from service.ingest.source import Source

BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class DenseArray:
    """The array of the series: where its bytes come from, what its header declares, and its name."""

    stream: ByteStream
    header: ArrayHeader
    name: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """(cases, channels, length), a single channel where the array has two dimensions."""
        shape = self.header.shape
        if len(shape) not in {2, 3} or 0 in shape or self.header.dtype.kind not in "biuf":
            described = f"It is {self.header.dtype} {quote(str(shape))}"
            accepted = "numbers of shape (cases, channels, length) or (cases, length) are accepted."
            raise fault(self.name, f"{described}; {accepted}")
        return (shape[0], 1, shape[1]) if len(shape) == 2 else (shape[0], shape[1], shape[2])  # noqa: PLR2004


def read_steps(
    dense: DenseArray, lengths: Array | None, source: Source, faults: Faults
) -> tuple[Array, Array, Flattened]:
    """The steps of all cases (T, C) float32, their lengths (N,) int64, and what 32-bit floats lose.

    lengths: (N,) int64 where the file tells them; without, trailing steps that miss every channel are padding
    """
    cases, channels, length = dense.shape
    steps = Steps(channels, source)
    known = np.empty(cases, np.int64) if lengths is None else lengths
    start = 0
    for block in _blocks_of_cases(dense, source):
        part = np.empty((len(block), length, channels), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            part[...] = block.transpose(0, 2, 1)
        _note_infinite(part, block, start, dense.name, faults)
        stop = start + len(block)
        if lengths is None:
            known[start:stop] = observed_lengths(part)
        short = known[start:stop] < length
        within = np.arange(length) < known[start:stop, None] if short.any() else None
        flat = part.reshape(-1, channels) if within is None else part[within]
        if not np.can_cast(block.dtype, np.float32):
            steps.precision.look(block.transpose(0, 2, 1), None if within is None else within.reshape(-1))
        steps.append(flat, Faults(), lambda step, channel: f"{step}, {channel}")  # what is infinite was noted above
        start = stop
        if faults.full:
            break
    return steps.finish(), known, steps.precision.found()


def observed_lengths(dense: Array) -> Array:
    """(cases, length, channels) -> (cases,): the steps up to the last with any value.

    A case without a single value keeps all of its steps.
    """
    length = dense.shape[1]
    lengths = np.full(len(dense), length, np.int64)
    suspects = np.flatnonzero(np.isnan(dense[:, -1]).all(axis=1))
    if suspects.size:
        observed: Array = np.logical_not(np.isnan(dense[suspects]).all(axis=2))
        last = length - np.argmax(observed[:, ::-1], axis=1)
        lengths[suspects] = np.where(observed.any(axis=1), last, length)
    return lengths


def _blocks_of_cases(dense: DenseArray, source: Source) -> Iterator[Array]:
    """Blocks (n, channels, length) as they stand in the file, or out of its transpose, which must be there whole."""
    header = dense.header
    shape = dense.shape
    if not header.fortran:
        for block in read_blocks(dense.stream, header, BLOCK_BYTES):
            yield block.reshape(-1, *shape[1:])
        return
    turned = source.room(header.shape[::-1], header.dtype)
    start = 0
    for block in read_blocks(dense.stream, header, BLOCK_BYTES):
        piece = block.T
        turned[start : start + len(piece)] = piece
        start += len(piece)
        release(turned)
    rows = max(1, BLOCK_BYTES // (math.prod(shape[1:]) * header.dtype.itemsize))
    for first in range(0, shape[0], rows):
        yield turned.T[first : first + rows].reshape(-1, *shape[1:])
        release(turned)


def _note_infinite(part: Array, block: Array, first: int, name: str, faults: Faults) -> None:
    """Note values that are not finite: part is (cases, length, channels), block (cases, channels, length)."""
    if not np.isinf(part).any():
        return
    for case in np.flatnonzero(np.isinf(part).any(axis=(1, 2)))[:10].tolist():
        note_infinite(
            part[case],
            block[case].T,
            faults,
            lambda step, channel, case=case: f"{name}[{first + case}, {channel}, {step}]",  # type: ignore[misc]
        )
