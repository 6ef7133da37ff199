"""The table of a network: what each row counts, held to counting and to perturbing the network itself."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.layers.dropout import Dropout
from model.layers.global_pooling import GlobalAveragePool, LastStep
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.layer import LayerSpec
from model.layers.pad import Pad
from model.layers.parallel import Parallel
from model.layers.pooling import AveragePool, MaxPool
from model.layers.projection import Projection
from model.layers.registry import KINDS
from model.layers.relu import Relu
from model.layers.residual import Residual
from model.layers.squeeze_excitation import SqueezeExcitation
from model.measures import MEASURES
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from model.recipes import RECIPES, build
from model.summary import rows

STACKS: tuple[tuple[LayerSpec, ...], ...] = (
    (Conv1d(2, 5),),
    (Conv1d(2, 3), Conv1d(2, 4, stride=2), Conv1d(2, 3, dilation=2, padding="causal")),
    (Conv1d(2, 3, padding="valid"), AveragePool(3), Conv1d(2, 2), MaxPool(2, 1, "same")),
    (Residual((Conv1d(2, 3), Relu(), Conv1d(2, 5)), shortcut=(Conv1d(2, 9),)), Conv1d(2, 2)),
    (Parallel(((Conv1d(2, 6, padding="causal"),), (Conv1d(1, 6),), ())), Conv1d(2, 2)),
    (Pad((4, 0)), Conv1d(2, 5, padding="valid"), HandcraftedFilters((2, 4))),
    (Conv1d(8, 3), SqueezeExcitation(1)),
    (Conv1d(2, 3, padding="causal"), Projection(3), LastStep()),
)


def network(layers: Sequence[LayerSpec], channels: int = 2, length: int = 60) -> Network:
    return Network.initialize(tuple(layers), channels, length, np.random.default_rng(0))


def seen(layers: tuple[LayerSpec, ...], length: int = 60) -> int:
    """Steps of the input that move the middle step of the output, by moving them one after another."""
    made = network(layers)
    plan = compile(made, batch=1, length=length, dtype=np.float64)
    plan.inputs[...] = np.random.default_rng(1).uniform(1, 2, plan.inputs.shape)
    first = plan.forward().copy()
    middle = 0 if made.output.vector else first.shape[1] // 2
    moved = []
    for step in range(length):
        kept = plan.inputs[0, step].copy()
        differs = False
        for delta in (3.0, -3.0):
            plan.inputs[0, step] = kept + delta
            answer = plan.forward()
            differs |= bool(
                np.abs((answer - first)[0] if made.output.vector else (answer - first)[0, middle]).max() > 0
            )
        plan.inputs[0, step] = kept
        if differs:
            moved.append(step)
    return moved[-1] - moved[0] + 1


def test_the_table_of_measures_knows_every_kind_and_no_other() -> None:
    assert MEASURES.keys() == KINDS.keys()


@pytest.mark.parametrize("layers", STACKS, ids=str)
def test_a_step_sees_as_far_as_moving_the_input_shows(layers: tuple[LayerSpec, ...]) -> None:
    sees = rows(layers, Shape(2, 60))
    last = [row for row in sees if not row.depth][-1].sees
    assert seen(layers) == (60 if last is None else last)


@pytest.mark.parametrize("name", RECIPES)
def test_rows_add_up_to_the_network(name: str) -> None:
    made = network(build(name))
    found = rows(made.layers, Shape(2, 60))
    for depth_sum, total in (
        (sum(row.parameters for row in found if not row.depth), made.parameters.size),
        (sum(row.statistics for row in found if not row.depth), made.state.size),
    ):
        assert depth_sum == total
    assert [row.layer for row in found if not row.depth] == list(made.layers)


def test_a_container_counts_what_is_in_it() -> None:
    inside = (Conv1d(4, 3), Relu(), Parallel(((Conv1d(2, 5),), (Dense(3),))))
    outer, *inner = rows((Residual(inside, shortcut=(Conv1d(5, 1),)),), Shape(2, 10))
    direct = [row for row in inner if row.depth == 1]
    assert outer.parameters == sum(row.parameters for row in direct)
    assert outer.multiply_adds == sum(row.multiply_adds for row in direct)
    assert [row.place for row in direct] == ["layers/0", "layers/1", "layers/2", "shortcut/0"]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Conv1d(6, 5, stride=2), 5 * 6 * 5 * 4),
        (Conv1d(8, 3, groups=4), 10 * 8 * 3),
        (Dense(7), 10 * 4 * 7),
        (Projection(4), 0),
        (Projection(3), 10 * 4 * 3),
        (HandcraftedFilters((2, 4)), 10 * (2 + 4 + 2 + 4 + 6)),
        (SqueezeExcitation(2), 4 * 2 + 2 * 4),
        (Dropout(0.5), 0),
        (GlobalAveragePool(), 0),
    ],
    ids=str,
)
def test_multiply_adds_are_those_of_one_case(layer: LayerSpec, expected: int) -> None:
    assert rows((layer,), Shape(4, 10))[0].multiply_adds == expected


def test_fcn_takes_the_published_work_for_a_step() -> None:
    """8 * 128 + 5 * 128 * 256 + 3 * 256 * 128 products for each step of one channel."""
    found = rows(build("fcn"), Shape(1, 1000))
    assert sum(row.multiply_adds for row in found) == 1000 * (8 * 128 + 5 * 128 * 256 + 3 * 256 * 128)


def test_the_text_names_layers_shapes_and_totals() -> None:
    text = network((Conv1d(4, 3, dilation=2), Residual((Relu(),)), GlobalAveragePool(), Dense(3))).summary(60)
    lines = text.splitlines()
    assert lines[0].split() == ["layer", "output", "parameters", "statistics", "sees", "multiply-adds"]
    assert lines[1].split() == ["series", "2", "channels", "x", "60", "steps"]
    assert lines[2].startswith("layers/0 conv1d out_channels 4, kernel 3, dilation 2  ")
    assert lines[4].startswith("  layers/0 relu")
    assert lines[6].split()[-4:] == ["15", "0", "all", "12"]
    assert lines[-1].split() == ["total", "43", "0", "1,452"]
    assert len({line.rstrip() for line in lines}) == len(lines)


def test_a_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidSpec):
        network((Conv1d(4, 9, padding="valid"),)).summary(5)
