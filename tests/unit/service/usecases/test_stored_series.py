"""Series in the artifact store: the same back, and their outline without reading them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from model.data.outline import Outline
from model.data.series import Series
from service.usecases.stored_series import outline, pack, unpack
from tests.arbitrary_series import labelled_waves, series
from tests.records import a_stored_dataset
from tests.stores import Stores


def same(one: object, other: object) -> bool:
    """Whether every field is the same, arrays bit for bit."""
    pairs = [(value, vars(other)[name]) for name, value in vars(one).items()]
    return all(np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


@given(series())
def test_unpacked_series_are_those_that_were_packed(given_series: Series) -> None:
    assert same(unpack(b"".join(bytes(part) for part in pack(given_series))), given_series)


@pytest.mark.parametrize("padded", [False, True])
def test_the_outline_of_stored_series_is_that_of_the_series(stores: Stores, padded: bool) -> None:
    made = replace(labelled_waves(ragged=True), group_names=("s0", "s1"), groups=np.arange(24) % 2)
    if padded:
        made.values[made.offsets[3] - 4 : made.offsets[3]] = np.nan
    stored = a_stored_dataset(stores.datasets, stores.artifacts, stores.clock, series=made)
    found = outline(stores.artifacts, stored)
    assert same(found, Outline.of(made))
    assert (found.seen != found.lengths).any() == padded
