"""What a layer is: a frozen, hashable spec that answers shapes and parameters without data, and binds to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from model.errors import InvalidSpec, told

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.geometry import Shape
    from model.parameters import Parameter


class LayerSpec(Protocol):
    """A frozen dataclass whose fields are the layer's JSON; `kind` is its name there."""

    kind: ClassVar[str]

    def output(self, shape: Shape) -> Shape:
        """The shape that comes out of `shape`, or InvalidSpec."""

    def parameters(self, shape: Shape) -> tuple[Parameter, ...]:
        """The trained arrays."""

    def state(self, shape: Shape) -> tuple[Parameter, ...]:
        """The arrays that training moves without a gradient."""

    def bind(self, x: Activation, binding: Binding) -> Activation:
        """Adds the operations of this layer to a plan and returns its output."""


def require_positive(**fields: object) -> None:
    """Refuses a field below one, by its name."""
    for name, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidSpec(f"{name} is {told(value)}, but must be a whole number of at least 1", pointer=f"/{name}")


def require_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuses a field that is none of the choices."""
    if value not in choices:
        accepted = ", ".join(repr(choice) for choice in choices)
        raise InvalidSpec(f"{name} is {told(value)}, but must be one of {accepted}", pointer=f"/{name}")


def require_between(name: str, value: object, low: float, high: float) -> None:
    """Refuses a field outside [low, high]; NaN is outside."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidSpec(f"{name} is {told(value)}, but must lie between {low} and {high}", pointer=f"/{name}")
