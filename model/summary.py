"""A network as a table: every layer with its output, its parameters, the steps that it sees, and its multiply-adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.geometry import Shape
from model.layers import sequence
from model.measures import MEASURES, Sight

if TYPE_CHECKING:
    from model.layers.layer import LayerSpec
    from model.network import Network

HEAD = ("layer", "output", "parameters", "statistics", "sees", "multiply-adds")


@dataclass(frozen=True)
class Row:
    """One layer; a container's numbers are those of everything in it, and the rows of that follow, one deeper.

    sees: the steps of the input that one output step depends on, None for all; multiply_adds: for one case.
    """

    depth: int
    place: str
    layer: LayerSpec
    output: Shape
    parameters: int
    statistics: int
    sees: int | None
    multiply_adds: int


def rows(layers: Sequence[LayerSpec], shape: Shape) -> list[Row]:
    """A row a layer, from the input on, for series of a known length."""
    return _rows(layers, shape, Sight(), "layers", 0)[0]


def summary(network: Network, length: int) -> str:
    """The table as text, with totals, for series of `length` steps."""
    shape = Shape(network.channels, length)
    found = rows(network.layers, shape)
    lines = [HEAD, ("series", str(shape), "", "", "", ""), *(_cells(row) for row in found)]
    top = [row for row in found if not row.depth]
    work = sum(row.multiply_adds for row in top)
    lines.append(("total", "", f"{network.parameters.size:,}", f"{network.state.size:,}", "", f"{work:,}"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(_line(line, widths) for line in lines)


def _rows(layers: Sequence[LayerSpec], shape: Shape, sight: Sight, group: str, depth: int) -> tuple[list[Row], Sight]:
    """The rows of a sequence, and what its end sees."""
    found: list[Row] = []
    shapes = sequence.shapes(layers, shape, group)
    for index, layer in enumerate(layers):
        before, after, place = shapes[index], shapes[index + 1], f"{group}/{index}"
        measure = MEASURES[layer.kind]
        below: list[Row] = []
        ends: list[Sight] = []
        for name, part in measure.parts(layer, before):
            inner, end = _rows(part, before, sight, name, depth + 1)
            below += inner
            ends.append(end)
        sight = Sight.union(ends or [sight]).through(measure.window(layer))
        work = measure.work(layer, before, after) + sum(row.multiply_adds for row in below if row.depth == depth + 1)
        trained, moved = (sum(each.size for each in ask(before)) for ask in (layer.parameters, layer.state))
        found += [Row(depth, place, layer, after, trained, moved, sight.steps, work), *below]
    return found, sight


def _cells(row: Row) -> tuple[str, ...]:
    name = " ".join((row.place, row.layer.kind, ", ".join(_options(row.layer)))).rstrip()
    sees = "all" if row.sees is None else f"{row.sees:,}"
    counts = (f"{row.parameters:,}", f"{row.statistics:,}", sees, f"{row.multiply_adds:,}")
    return ("  " * row.depth + name, str(row.output), *counts)


def _options(layer: LayerSpec) -> Iterator[str]:
    """The fields that are no layers and not at their defaults."""
    spec: Any = layer
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if "Layers" not in str(field.type) and value != field.default:
            yield f"{field.name} {value}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Layers and outputs to the left, numbers to the right."""
    aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    aligned[:2] = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    return "  ".join(aligned).rstrip()
