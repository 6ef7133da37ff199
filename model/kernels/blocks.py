"""Cases in blocks that stay in cache from one element-wise pass to the next."""

from __future__ import annotations

PIECE = 64 * 1024
"""Numbers of a block: the input, the output and scratch of one stay in the second-level cache together."""


def in_cache(cases: slice, length: int, channels: int) -> list[slice]:
    """A shard's cases, at least one at a time and otherwise at most PIECE numbers of (length, channels)."""
    step = max(1, PIECE // max(length * channels, 1))
    return [slice(start, min(start + step, cases.stop)) for start in range(cases.start, cases.stop, step)]
