"""The seam: a wrapping is a frozen spec that puts something around an optimizer, and the result is an optimizer again.

So wrappings compose, a trainer calls one `update`, and a checkpoint keeps `moments` and `steps`, whatever there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from model.optimizers import Optimizer
    from model.parameters import Layout


class Wrapping(Protocol):
    """`kind` is its name in a spec."""

    kind: ClassVar[str]

    def around(self, optimizer: Optimizer, layout: Layout) -> Optimizer:
        """The optimizer with this around it, for the parameters of a layout."""


def wrap(optimizer: Optimizer, wrappings: Iterable[Wrapping], layout: Layout) -> Optimizer:
    """Puts the wrappings around an optimizer, the first one innermost."""
    for wrapping in wrappings:
        optimizer = wrapping.around(optimizer, layout)
    return optimizer
