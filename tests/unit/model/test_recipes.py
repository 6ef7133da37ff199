"""The named architectures: as many parameters as published, and the properties that their papers give them."""

import numpy as np
import pytest

from model.errors import InvalidSpec
from model.layers.batch_normalization import BatchNormalization
from model.layers.conv1d import Conv1d
from model.layers.handcrafted_filters import HandcraftedFilters
from model.layers.residual import Residual
from model.layers.sequence import walk
from model.network import Network
from model.plan import compile  # noqa: A004 - the field's word for it
from model.recipes import RECIPES, build

PUBLISHED = {"fcn": 264_704, "resnet": 504_000, "inception": 420_192, "lite": 9_814}
"""Trainable parameters below the last dense layer, for one channel: Ismail-Fawaz et al. 2023, table 1."""
MOVING = {"fcn": 2 * 512, "resnet": 2 * 1280, "inception": 2 * 1024, "lite": 2 * 177}
"""Moving means and variances of the Keras models, which those count as parameters that are not trained."""


def made(name: str, channels: int = 1, **options: object) -> Network:
    return Network.initialize(build(name, **options), channels, None, np.random.default_rng(0))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_has_as_many_parameters_as_published(name: str) -> None:
    network = made(name)
    assert (network.parameters.size, network.state.size) == (PUBLISHED[name], MOVING[name])


@pytest.mark.parametrize(("channels", "filters"), [(1, 438), (6, 6 * 438)])
def test_lite_counts_its_handcrafted_filters_as_keras_does(channels: int, filters: int) -> None:
    by_hand = [layer for layer in walk(build("lite")) if isinstance(layer, HandcraftedFilters)]
    assert [sum(filter_.size for filter_ in layer.filters) * channels for layer in by_hand] == [filters]


@pytest.mark.parametrize(
    ("name", "channels", "first"),
    [
        # what more channels add: their taps in the first kernels, and in whatever else sees the input
        ("fcn", 6, 5 * 8 * 128),
        ("resnet", 6, 5 * 8 * 64 + 5 * 64),
        ("lite", 6, 5 * (40 + 20 + 10) * 32),
        # a bottleneck, wider kernels behind it, the pooled branch and the shortcut
        ("inception", 6, 6 * 32 + 31 * 70 * 32 + 5 * 32 + 5 * 128),
    ],
)
def test_more_channels_add_what_the_published_models_add(name: str, channels: int, first: int) -> None:
    assert made(name, channels).parameters.size == PUBLISHED[name] + first


@pytest.mark.parametrize(("channels", "filters", "kernel", "levels"), [(2, 30, 7, 8), (1, 10, 8, 8), (30, 30, 3, 4)])
def test_tcn_has_as_many_parameters_as_the_authors_module(
    channels: int, filters: int, kernel: int, levels: int
) -> None:
    """Direction, gain and bias of two convolutions a block; a projection where the channels change."""
    first = channels * filters * kernel + 2 * filters
    other = filters * filters * kernel + 2 * filters
    projection = 0 if channels == filters else channels * filters + filters
    network = made("tcn", channels, filters=filters, kernel=kernel, levels=levels)
    assert network.parameters.size == first + other + projection + (levels - 1) * 2 * other
    assert network.state.size == 0


@pytest.mark.parametrize("channels", [1, 6])
def test_resnet_lite_is_its_two_parts_side_by_side(channels: int) -> None:
    both, parts = made("resnet_lite", channels), (made("resnet", channels, filters=32), made("lite", channels))
    assert both.parameters.size == sum(part.parameters.size for part in parts)
    assert both.output.channels == sum(part.output.channels for part in parts)


def test_resnet_lite_takes_long_series_in_strides() -> None:
    network = made("resnet_lite", 2, stride=4)
    assert network.output == made("resnet_lite", 2).output
    stem = network.layers[0]
    assert isinstance(stem, Conv1d)
    assert (stem.kernel, stem.stride) == (32, 4)
    with pytest.raises(InvalidSpec, match="stride"):
        build("resnet_lite", stride=0)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_recipe_turns_series_of_any_length_into_a_vector(name: str, channels: int) -> None:
    network = made(name, channels)
    assert network.output.vector
    assert network.length is None
    for length in (1, 50):
        plan = compile(network, batch=2, length=length)
        plan.inputs[...] = np.random.default_rng(0).normal(size=plan.inputs.shape)
        assert np.isfinite(plan.forward()).all()


def test_a_tcn_never_looks_ahead_and_sees_its_whole_receptive_field() -> None:
    network = made("tcn", 1, filters=4, kernel=3, levels=3, last_step=False, initializer="he_normal")
    reach = 1 + 2 * (3 - 1) * (1 + 2 + 4)
    plan = compile(network, batch=1, length=2 * reach)
    plan.inputs[...] = np.random.default_rng(1).normal(size=plan.inputs.shape)
    before = plan.forward().copy()
    plan.inputs[0, reach] += 1
    moved = np.flatnonzero(np.abs(plan.forward() - before)[0].max(axis=1) > 0)
    assert moved.min() == reach
    assert moved.max() <= 2 * reach - 1


@pytest.mark.parametrize("initializer", ["lecun_uniform", "narrow_normal"])
def test_a_tcn_starts_with_narrow_projections_and_kernels_of_choice(initializer: str) -> None:
    network = made("tcn", 2, filters=20, initializer=initializer)
    views = network.layout.views(network.parameters)
    projections = [view for name, view in views.items() if name.endswith("kernel")]
    directions = [view for name, view in views.items() if name.endswith("direction")]
    assert len(projections) == 1
    assert float(projections[0].std()) == pytest.approx(0.01, rel=0.4)
    for direction in directions:
        expected = 0.01 if initializer == "narrow_normal" else (direction.shape[1] * direction.shape[2]) ** -0.5
        assert float(direction.std()) == pytest.approx(expected, rel=0.2)


def test_the_third_block_of_resnet_normalizes_a_shortcut_that_it_does_not_project() -> None:
    blocks = [layer for layer in build("resnet") if isinstance(layer, Residual)]
    assert [tuple(map(type, block.shortcut)) for block in blocks] == [
        (Conv1d, BatchNormalization),
        (Conv1d, BatchNormalization),
        (BatchNormalization,),
    ]


@pytest.mark.parametrize(("depth", "shortcuts"), [(1, 0), (2, 0), (3, 1), (5, 1), (6, 2)])
def test_inception_has_a_shortcut_over_each_three_modules(depth: int, shortcuts: int) -> None:
    assert sum(isinstance(layer, Residual) for layer in build("inception", depth=depth)) == shortcuts


@pytest.mark.parametrize(
    ("name", "options", "pointer"),
    [
        ("rocket", {}, "/recipe"),
        ("fcn", {"depth": 3}, "/depth"),
        ("fcn", {"filters": [8, 8]}, "/filters"),
        ("fcn", {"filters": [], "kernels": []}, "/filters"),
        ("fcn", {"stride": 0}, "/stride"),
        ("resnet", {"kernels": []}, "/kernels"),
        ("inception", {"depth": 0}, "/depth"),
        ("inception", {"filters": "many"}, "/filters"),
        ("lite", {"kernel": 3}, "/kernel"),
        ("tcn", {"levels": 60}, "/levels"),
        ("tcn", {"dropout": 1.5}, "/rate"),
        ("tcn", {"initializer": "ones_and_twos"}, "/initializer"),
    ],
)
def test_what_cannot_be_built_is_refused_at_its_place(name: str, options: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        build(name, **options)
    assert refusal.value.pointer == pointer


def test_options_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(InvalidSpec, match="not of the right types"):
        build("fcn", filters=8)
    with pytest.raises(InvalidSpec, match="depth is 'deep'"):
        build("inception", depth="deep")
