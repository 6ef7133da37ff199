"""Which storages may stand on the same rows: each is needed for a part of a step only.

A step is a line of moments: operation k runs forward at moment k, the loss at n, and operation k backward at 2 n - k.
A gradient lives from the backward pass of its reader to that of its maker. Values live through the forward passes
that touch them and, where a backward pass reads them, until the last of those; values that their maker can make again
from what it keeps anyway live twice, for two short spans. Storages of one length and width whose spans do not meet
share rows with the zeros that any of them needs, so the zeros between the cases stay zeros, and a shard's cases stay
the shard's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.activations import Storage

Span = tuple[int, int]


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
    """Lets storages of one length and width stand on the rows of others, in the order that takes the least memory."""
    groups: dict[tuple[int, int], list[_Life]] = {}
    for storage in storages:
        if storage.uses.touched and not storage.uses.permanent and not storage.stands_in:
            life = _Life(storage, tuple(spans(storage, operations, training=training)))
            groups.setdefault((storage.length, storage.channels), []).append(life)
    for group in groups.values():
        by_moment = sorted(group, key=lambda life: life.spans[0][0])
        by_zeros = sorted(by_moment, key=lambda life: -life.storage.pitch)
        for house in min((_houses(order) for order in (by_moment, by_zeros)), key=_rows):
            _move_in([life.storage for life in house])


def _move_in(tenants: Sequence[Storage]) -> None:
    """All stand on the rows of the first, with the zeros that any of them needs."""
    left, right = max(each.left for each in tenants), max(each.right for each in tenants)
    for each in tenants:
        each.reserve(left, right)
    for each in tenants[1:]:
        each.stand_on(tenants[0])


@dataclass(frozen=True, eq=False)
class _Life:
    """A storage and when it is needed."""

    storage: Storage
    spans: tuple[Span, ...]

    def meets(self, other: _Life) -> bool:
        return any(_meet(mine, theirs) for mine in self.spans for theirs in other.spans)


def _houses(order: Sequence[_Life]) -> list[list[_Life]]:
    """Who lives together: first come, first served."""
    houses: list[list[_Life]] = []
    for life in order:
        for house in houses:
            if not any(life.meets(tenant) for tenant in house):
                house.append(life)
                break
        else:
            houses.append([life])
    return houses


def _rows(houses: Sequence[Sequence[_Life]]) -> int:
    """Rows of a case in all houses, each with the zeros that its widest tenant needs."""
    return sum(max(life.storage.pitch for life in house) for house in houses)


def _meet(a: Span, b: Span) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
