"""Reading JSON strictly: a field is known, of its type and in its range, or the refusal says what would be accepted."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.errors import InvalidSpec, told

_COMPARED = 60
"""Characters of a name that is looked for among the known ones."""


class Fields:
    """One JSON object at its place in a spec; a field that is absent or null reads as None."""

    def __init__(self, value: object, pointer: str, known: Sequence[str]) -> None:
        """Refuse whatever is no object, and every field that is not known."""
        place = pointer.lstrip("/").replace("/", ".") or "the spec"
        if not isinstance(value, Mapping):
            raise InvalidSpec(
                f"{place} is {told(value)}; an object is needed, with fields out of {', '.join(known)}.",
                pointer=pointer,
            )
        self._values = value
        self._pointer = pointer
        for name in value:
            if name not in known:
                raise InvalidSpec(unknown(f"field of {place}", name, known), pointer=self.at(name))

    def at(self, name: object) -> str:
        """The JSON pointer to one of the fields (RFC 6901)."""
        return f"{self._pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"

    def value(self, name: str) -> object:
        """Whatever stands there."""
        return self._values.get(name)

    def given(self, name: str) -> bool:
        """Whether the field stands there at all, be it as null."""
        return name in self._values

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number from low to high."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._refusal(name, value, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A finite number from low to high."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._refusal(name, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of some names."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str) or value not in choices:
            raise InvalidSpec(unknown(name, value, choices), pointer=self.at(name))
        return value

    def text(self, name: str, longest: int) -> str | None:
        """A text that says something."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise self._refusal(name, value, f"a text of at most {longest} characters")
        return value

    def texts(self, name: str, most: int) -> tuple[str, ...] | None:
        """A list of texts, one at least and none twice."""
        value = self._listed(name, most, "texts")
        if value is not None and not all(isinstance(item, str) for item in value):
            raise self._refusal(name, value, "a list of texts")
        return self._distinct(name, value)

    def integers(self, name: str, low: int, high: int, most: int) -> tuple[int, ...] | None:
        """A list of whole numbers from low to high, one at least and none twice."""
        value = self._listed(name, most, "whole numbers")
        if value is not None and not all(_is_whole(item) and low <= item <= high for item in value):
            raise self._refusal(name, value, f"a list of whole numbers from {low} to {high}")
        return self._distinct(name, value)

    def tagged(self, name: str, kinds: Mapping[str, type]) -> Any | None:  # noqa: ANN401 - one of the kinds
        """An object whose `kind` chooses a dataclass and whose other fields are its own."""
        value = self.value(name)
        return None if value is None else _tagged(value, name, self.at(name), kinds)

    def all_tagged(self, name: str, kinds: Mapping[str, type], most: int) -> tuple[Any, ...] | None:
        """A list of such objects, which may be empty."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > most:
            raise self._refusal(name, value, f'a list of at most {most} objects with a "kind" each')
        return tuple(_tagged(item, name, f"{self.at(name)}/{place}", kinds) for place, item in enumerate(value))

    def plain(self, name: str, annotation: str) -> object:
        """A value of the type that a dataclass notes for its field."""
        value = self.value(name)
        wanted, fits = PLAIN[annotation]
        if not fits(value):
            raise self._refusal(name, value, wanted)
        return tuple(value) if isinstance(value, list) else value

    def _listed(self, name: str, most: int, wanted: str) -> tuple[Any, ...] | None:
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, list) or not 0 < len(value) <= most:
            raise self._refusal(name, value, f"a list of 1 to {most} {wanted}")
        return tuple(value)

    def _distinct(self, name: str, value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """What is named twice was meant to be something else."""
        seen: dict[Any, int] = {}
        for place, item in enumerate(value or ()):
            if item in seen:
                message = f"{name} names {told(item)} twice, at {seen[item]} and {place}; once is enough."
                raise InvalidSpec(message, pointer=f"{self.at(name)}/{place}")
            seen[item] = place
        return value

    def _refusal(self, name: str, value: object, wanted: str) -> InvalidSpec:
        return InvalidSpec(f"{name} is {told(value)}; {wanted} is needed.", pointer=self.at(name))


def _tagged(value: object, name: str, pointer: str, kinds: Mapping[str, type]) -> Any:  # noqa: ANN401 - as `tagged`
    if not isinstance(value, Mapping) or "kind" not in value:
        raise InvalidSpec(
            f'{name} is {told(value)}; an object with a "kind" out of {", ".join(kinds)} is needed.', pointer=pointer
        )
    kind = value["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        raise InvalidSpec(unknown(f"{name} kind", kind, tuple(kinds)), pointer=f"{pointer}/kind")
    fields = dataclasses.fields(kinds[kind])
    inner = Fields(value, pointer, ("kind", *(field.name for field in fields)))
    values = {field.name: inner.plain(field.name, str(field.type)) for field in fields if inner.given(field.name)}
    try:
        return kinds[kind](**values)
    except InvalidSpec as error:
        raise InvalidSpec(error.message, pointer=f"{pointer}{error.pointer or ''}") from error


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_numbers(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(map(_is_number, value)))


PLAIN: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "int": ("a whole number", _is_whole),
    "float": ("a finite number", _is_number),
    "tuple[float, ...]": ("a list of finite numbers", lambda value: isinstance(value, list) and _is_numbers(value)),
    "tuple[float, ...] | None": ("a list of finite numbers", _is_numbers),
}
"""What the fields of optimizers, schedules and losses may be, by their annotation."""


def tagged_to_json(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass with a kind
    """The object that `Fields.tagged` reads back: every field, defaults too."""
    fields = {name: list(item) if isinstance(item, tuple) else item for name, item in vars(value).items()}
    return {"kind": value.kind, **fields}


def unknown(what: str, name: object, known: Sequence[str]) -> str:
    """The sentence that refuses a name, with the nearest known one if one is near."""
    near = difflib.get_close_matches(str(name)[:_COMPARED], known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"There is no {what} {told(name)}; {hint}Known: {', '.join(known)}."
