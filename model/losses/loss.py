"""What a loss is: a frozen spec, bound to a plan's output, that gives the weighted mean loss and its gradient.

Rows are cases, or every step of every case where a network answers step by step. A row's weight is its case's weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from model.errors import InvalidSpec, told

if TYPE_CHECKING:
    from model.arrays import Array


class LossSpec(Protocol):
    """`targets_like` makes the array of targets for outputs of a shape; `evaluate` fills the gradient."""

    kind: ClassVar[str]

    def targets_like(self, outputs: Array) -> Array:
        """Zeroed targets for outputs (N, L, K)."""

    def evaluate(self, outputs: Array, targets: Array, weights: Array, gradient: Array | None) -> float:
        """Sum of weighted losses over the rows of outputs (n, L, K); gradient (n, L, K) is of that sum.

        weights: (n, L, 1), already divided by their total over the batch. Finite outputs never give NaN.
        """


def require_weights(name: str, weights: object) -> None:
    """Refuses what is no tuple of numbers above zero; None is none."""
    fits = isinstance(weights, tuple) and all(
        isinstance(weight, int | float) and not isinstance(weight, bool) and 0 < weight <= LARGEST for weight in weights
    )
    if weights is not None and not fits:
        raise InvalidSpec(
            f"{name} is {told(weights)}, but must be numbers above 0 and up to {LARGEST:g}", pointer=f"/{name}"
        )


def require_within(name: str, value: object, low: float, high: float) -> None:
    """Refuses a number outside [low, high]; NaN is outside."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidSpec(f"{name} is {told(value)}, but must lie between {low:g} and {high:g}", pointer=f"/{name}")


LARGEST = 1e6
