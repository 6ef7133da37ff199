import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.data.batches import dense, even_batches
from model.data.endings import ends
from model.data.scaling import Preprocessing
from model.data.series import Series
from tests.arbitrary_series import series


@given(series(), st.data())
def test_a_dense_batch_holds_each_case_and_zeros_behind_it(held: Series, data: st.DataObject) -> None:
    indices = np.array(data.draw(st.lists(st.integers(0, held.cases - 1), min_size=1)), np.int64)
    length = int(held.lengths.max()) + data.draw(st.integers(0, 3))
    preprocessing = Preprocessing.fit(held, "channel", "interpolate")
    x, lengths = dense(held, indices, preprocessing, length)
    assert x.shape == (len(indices), length, len(held.channels))
    assert lengths.tolist() == held.lengths[indices].tolist()
    for place, index in enumerate(indices):
        np.testing.assert_array_equal(x[place, : lengths[place]], preprocessing.apply(held.case(int(index))))
        assert not x[place, lengths[place] :].any()


@given(st.integers(1, 200), st.integers(1, 40))
def test_batches_are_few_and_even(count: int, batch_size: int) -> None:
    batches = even_batches(np.arange(count), batch_size)
    sizes = {len(batch) for batch in batches}
    assert np.concatenate(batches).tolist() == list(range(count))
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert len(batches) == -(-count // batch_size)


@given(series())
def test_a_case_ends_with_the_last_step_that_observes_a_channel(held: Series) -> None:
    lengths = ends(held.values, held.offsets[:-1], held.lengths)
    for index in range(held.cases):
        observed = np.flatnonzero(~np.isnan(held.case(index)).all(axis=1))
        assert lengths[index] == (observed[-1] + 1 if observed.size else 1)
