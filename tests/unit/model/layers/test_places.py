"""Places in a spec: pointers that lead to the layers they name."""

from typing import Any

import pytest

from model.errors import InvalidSpec
from model.layers.conv1d import Conv1d
from model.layers.layer import LayerSpec
from model.layers.pad import Pad
from model.layers.parallel import Parallel
from model.layers.places import places, require_maskable
from model.layers.registry import layer_to_json
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.layers.sequence import walk
from model.recipes import RECIPES, build

NESTED = (
    Relu(),
    Residual((Conv1d(2, 3), Parallel(((), (Relu(), Pad(3, "wrap")), (Conv1d(1, 1),)))), shortcut=(Conv1d(4, 1),)),
)


def follow(layers: tuple[LayerSpec, ...], pointer: str) -> Any:
    """What a JSON pointer leads to in the layers' JSON."""
    found: Any = {"layers": [layer_to_json(layer) for layer in layers]}
    for key in pointer.strip("/").split("/"):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


@pytest.mark.parametrize("layers", [NESTED, *(build(name) for name in RECIPES)], ids=["nested", *RECIPES])
def test_every_layer_stands_where_its_pointer_leads(layers: tuple[LayerSpec, ...]) -> None:
    found = list(places(layers))
    assert [layer for _, layer in found] == list(walk(layers))
    assert all(follow(layers, pointer) == layer_to_json(layer) for pointer, layer in found)


@pytest.mark.parametrize(
    ("layers", "pointer"),
    [
        ((Relu(), Pad(2, "mean")), "/layers/1/mode"),
        ((Pad(2, constant_values="median"),), "/layers/0/mode"),
        ((Residual((Conv1d(2, 3, padding_mode="maximum"),)),), "/layers/0/layers/0/padding_mode"),
        ((Parallel(((Relu(),), (Relu(), Pad(1, "minimum")))),), "/layers/0/branches/1/1/mode"),
    ],
)
def test_padding_by_a_statistic_is_refused_where_lengths_differ(layers: tuple[LayerSpec, ...], pointer: str) -> None:
    with pytest.raises(InvalidSpec, match="of unequal length") as refusal:
        require_maskable(layers)
    assert refusal.value.pointer == pointer


def test_all_other_padding_is_not() -> None:
    require_maskable(
        (*NESTED, Pad(2), Pad(0, "mean"), Conv1d(2, 1, padding_mode="mean"), Pad(1, constant_values="first"))
    )
    for name in RECIPES:
        require_maskable(build(name))
