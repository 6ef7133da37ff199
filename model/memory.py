"""Which storages may stand on the same rows: each is needed for a part of a step only.

A step is a line of moments: operation k runs forward at moment k, the loss at n, and operation k backward at 2 n - k.
A gradient lives from the backward pass of its reader to that of its maker. Values live through the forward passes
that touch them and, where a backward pass reads them, until the last of those; values that their maker can make again
from what it keeps anyway live twice, for two short spans. Storages of one geometry whose spans do not meet share their
rows, so the zeros between the cases stay zeros, and a shard's cases stay the shard's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.activations import Storage

Span = tuple[int, int]
Geometry = tuple[int, int, int, int]


def spans(storage: Storage, operations: int, *, training: bool) -> list[Span]:
    """When the storage holds something that is still needed, as [first, last] moments."""
    end = 2 * operations
    uses = storage.uses
    if storage.of_gradient:
        return [(end - max(uses.touched), end - min(uses.touched))]
    first, last = min(uses.touched), max(uses.touched)
    if not training or not uses.kept:
        return [(first, last)]
    if uses.remake is not None:
        return [(first, last), (end - max(uses.kept), end - min(uses.kept))]
    return [(first, end - min(uses.kept))]


def share(storages: Sequence[Storage], operations: int, *, training: bool) -> None:
    """Lets storages stand on the rows of others, first come first served along the line of moments."""
    lives = [
        (spans(storage, operations, training=training), storage)
        for storage in storages
        if storage.uses.touched and not storage.uses.permanent
    ]
    _align([storage for _, storage in lives])
    rows: dict[Geometry, list[tuple[Storage, list[Span]]]] = {}
    for life, storage in sorted(lives, key=lambda pair: pair[0][0]):
        geometry = (storage.length, storage.channels, storage.left, storage.right)
        for owner, taken in rows.setdefault(geometry, []):
            if not any(_meet(mine, theirs) for mine in life for theirs in taken):
                storage.stand_on(owner)
                taken.extend(life)
                break
        else:
            rows[geometry].append((storage, list(life)))


def _align(storages: Sequence[Storage]) -> None:
    """Gives storages of one length and width the same zeros around their cases, so that more of them can share."""
    groups: dict[tuple[int, int], list[Storage]] = {}
    for storage in storages:
        groups.setdefault((storage.length, storage.channels), []).append(storage)
    for group in groups.values():
        left, right = max(storage.left for storage in group), max(storage.right for storage in group)
        for storage in group:
            storage.reserve(left, right)


def _meet(a: Span, b: Span) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
