"""Layers to and from JSON: every kind goes there and back, and whatever else is given is refused at its place."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidSpec
from model.layers.registry import KINDS, layer_from_json, layer_to_json, layers_from_json
from tests.laws.kinds import KINDS_DRAWN, examples

scalars = st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars | st.sampled_from(sorted(KINDS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "a"]), inner, max_size=2),
    max_leaves=6,
)
FIELDS = sorted({field.name for kind in KINDS.values() for field in dataclasses.fields(kind)})


def read(reader: Callable[[Any], Any], given_value: object) -> Any:
    """What the reader gives, or its refusal; any other error is a fault."""
    try:
        return reader(given_value)
    except InvalidSpec as refusal:
        return refusal


@pytest.mark.parametrize("kind", KINDS)
@examples(10)
@given(data=st.data())
def test_every_kind_goes_to_json_and_back(kind: str, data: st.DataObject) -> None:
    layer = data.draw(KINDS_DRAWN[KINDS[kind]](4))
    written = layer_to_json(layer)
    assert written["kind"] == kind
    assert layer_from_json(written) == layer
    assert hash(layer_from_json(written)) == hash(layer)


@examples(100)
@given(
    st.fixed_dictionaries({"kind": st.sampled_from(sorted(KINDS))}), st.dictionaries(st.sampled_from(FIELDS), values)
)
def test_whatever_is_given_the_answer_is_a_layer_or_a_refusal_with_a_pointer(
    kind: dict[str, Any], options: dict[str, Any]
) -> None:
    answer = read(layer_from_json, kind | options)
    if isinstance(answer, InvalidSpec):
        assert answer.pointer is not None
    else:
        assert hash(answer) == hash(layer_from_json(layer_to_json(answer)))


@examples(50)
@given(values)
def test_what_is_no_list_of_layers_is_refused_at_its_place(given_value: Any) -> None:
    answer = read(lambda value: layers_from_json(value, "/network/layers"), given_value)
    if isinstance(answer, InvalidSpec):
        assert (answer.pointer or "").startswith("/network/layers")


@pytest.mark.parametrize(
    ("given_layer", "pointer", "message"),
    [
        ("relu", "", 'a layer must be an object such as {"kind": "relu"}'),
        ({}, "/kind", "there is no layer kind None"),
        ({"kind": "con1d"}, "/kind", "there is no layer kind 'con1d', but there is 'conv1d'"),
        ({"kind": "conv1d", "out_channels": 3, "kernle": 3}, "/kernle", "conv1d has no option 'kernle', but there is"),
        ({"kind": "conv1d", "out_channels": 3}, "/kernel", "conv1d needs the option 'kernel'"),
        ({"kind": "relu", "slope": 1}, "/slope", "relu has no option 'slope'; it takes no options"),
        ({"kind": "dropout", "rate": 1.0}, "/rate", "dropout: rate is 1.0, which would drop everything"),
        ({"kind": "residual", "layers": [{"kind": "x"}]}, "/layers/0/kind", "there is no layer kind 'x'"),
        ({"kind": "parallel", "branches": [[], [{"kind": 3}]]}, "/branches/1/0/kind", "there is no layer kind 3"),
        ({"kind": "parallel", "branches": []}, "/branches", "parallel: branches is empty"),
    ],
)
def test_a_refusal_points_at_the_fault(given_layer: Any, pointer: str, message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        layer_from_json(given_layer)
    assert refusal.value.message.startswith(message)
    assert refusal.value.pointer == pointer


def test_a_network_as_deep_as_a_parser_can_read_is_refused_and_does_not_overflow() -> None:
    layers: list[Any] = []
    for _ in range(500):
        layers = [{"kind": "residual", "layers": layers}]
    with pytest.raises(InvalidSpec, match="to a depth of 16"):
        layers_from_json(layers)
    with pytest.raises(InvalidSpec, match="at most 1000 layers"):
        layers_from_json([{"kind": "relu"}] * 1001)
