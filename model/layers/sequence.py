"""Layers one after another: shapes, parameters and binding of a body, a branch, or a shortcut.

Neighbours that compute better together are bound together, by the one table at the end: a convolution, the
normalization behind it and the rectifier behind that are one pass over memory instead of four.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization, bind_normalization
from model.layers.conv1d import Conv1d
from model.layers.convolution import Epilogue, bind_convolution
from model.layers.kernel_source import Folding
from model.layers.relu import Relu

if TYPE_CHECKING:
    from model.activations import Activation
    from model.binding import Binding
    from model.geometry import Shape
    from model.layers.layer import LayerSpec
    from model.parameters import Parameter

Layers = tuple["LayerSpec", ...]


def shapes(layers: Sequence[LayerSpec], shape: Shape, group: str = "layers") -> list[Shape]:
    """The shape before each layer and behind the last; an error names the layer by its place and kind."""
    found = [shape]
    for index, layer in enumerate(layers):
        try:
            found.append(layer.output(found[-1]))
        except InvalidSpec as error:
            place, rest = f"{group.replace('/', '[') + ']' * ('/' in group)}[{index}]", error.message
            nested = rest.startswith(("layers[", "shortcut[", "branches["))
            message = f"{place}.{rest}" if nested else f"{place} ({layer.kind}): {rest}"
            raise InvalidSpec(message, pointer=f"/{group}/{index}{error.pointer or ''}") from error
    return found


def parameters(layers: Sequence[LayerSpec], shape: Shape, group: str = "layers") -> tuple[Parameter, ...]:
    """Every layer's trained arrays, named by place: layers/0/kernel."""
    before = shapes(layers, shape, group)
    return tuple(
        parameter.within(f"{group}/{index}")
        for index, layer in enumerate(layers)
        for parameter in layer.parameters(before[index])
    )


def state(layers: Sequence[LayerSpec], shape: Shape, group: str = "layers") -> tuple[Parameter, ...]:
    """Every layer's moving statistics, named by place."""
    before = shapes(layers, shape, group)
    return tuple(
        parameter.within(f"{group}/{index}")
        for index, layer in enumerate(layers)
        for parameter in layer.state(before[index])
    )


def bind(layers: Sequence[LayerSpec], x: Activation, binding: Binding, group: str = "layers") -> Activation:
    """Binds the layers in order, neighbours together where the table of fusions says so."""
    index = 0
    while index < len(layers):
        for kinds, fuse in FUSIONS:
            run = layers[index : index + len(kinds)]
            if len(run) == len(kinds) and all(map(isinstance, run, kinds)):
                places = [binding.at(f"{group}/{index + offset}") for offset in range(len(run))]
                x = fuse(run, x, places)
                index += len(run)
                break
        else:
            x = layers[index].bind(x, binding.at(f"{group}/{index}"))
            index += 1
    return x


def walk(layers: Sequence[LayerSpec]) -> Iterator[LayerSpec]:
    """Every layer, those inside containers too, from the outside in."""
    for layer in layers:
        yield layer
        for inner in inner_layers(layer):
            yield from walk(inner)


def inner_layers(layer: LayerSpec) -> tuple[Layers, ...]:
    """The sequences inside a container; none for a plain layer."""
    return getattr(layer, "sequences", ())


def _normalized(run: Sequence[LayerSpec], x: Activation, places: Sequence[Binding], *, rectified: bool) -> Activation:
    convolution, normalization = run[0], run[1]
    if not isinstance(convolution, Conv1d) or not isinstance(normalization, BatchNormalization):
        raise TypeError("a fusion got layers that are not its own")
    here, behind = places[0], places[1]
    untied = convolution.bias == "untied"
    if here.training or untied:
        y = bind_convolution(convolution, x, here, Epilogue(biased=untied))
        bias = here.weight("bias").value if convolution.bias and not untied else None
        return bind_normalization(normalization, y, behind, rectified=rectified, bias=bias)
    folding = Folding(
        behind.weight("gain").value,
        behind.weight("shift").value,
        behind.state("mean"),
        behind.state("variance"),
        normalization.epsilon,
    )
    return bind_convolution(convolution, x, here, Epilogue(bool(convolution.bias), folding, rectified))


def _convolution_normalization_relu(run: Sequence[LayerSpec], x: Activation, places: Sequence[Binding]) -> Activation:
    return _normalized(run, x, places, rectified=True)


def _convolution_normalization(run: Sequence[LayerSpec], x: Activation, places: Sequence[Binding]) -> Activation:
    return _normalized(run, x, places, rectified=False)


def _convolution_relu(run: Sequence[LayerSpec], x: Activation, places: Sequence[Binding]) -> Activation:
    convolution = run[0]
    if not isinstance(convolution, Conv1d):
        raise TypeError("a fusion got layers that are not its own")
    if places[0].training:
        return run[1].bind(run[0].bind(x, places[0]), places[1])
    return bind_convolution(convolution, x, places[0], Epilogue(bool(convolution.bias), rectified=True))


def _normalization_relu(run: Sequence[LayerSpec], x: Activation, places: Sequence[Binding]) -> Activation:
    normalization = run[0]
    if not isinstance(normalization, BatchNormalization):
        raise TypeError("a fusion got layers that are not its own")
    return bind_normalization(normalization, x, places[0], rectified=True)


Fusion = Callable[[Sequence["LayerSpec"], "Activation", Sequence["Binding"]], "Activation"]

FUSIONS: tuple[tuple[tuple[type, ...], Fusion], ...] = (
    ((Conv1d, BatchNormalization, Relu), _convolution_normalization_relu),
    ((Conv1d, BatchNormalization), _convolution_normalization),
    ((Conv1d, Relu), _convolution_relu),
    ((BatchNormalization, Relu), _normalization_relu),
)
