"""Going through values by blocks, and giving the pages of mapped files back."""

import mmap
import re
from pathlib import Path

import numpy as np
import pytest

from model.data import blocks as module
from model.data.blocks import blocks, pieces, release
from model.data.endings import ends
from model.data.scaling import Preprocessing
from model.data.series import Series, offsets_of


def mapped(path: Path, values: np.ndarray) -> np.ndarray:
    path.write_bytes(values.tobytes())
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(memoryview(mapping)[:], values.dtype).reshape(values.shape)


def resident_of_files() -> int:
    found = re.search(r"RssFile:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) << 10


def test_blocks_are_the_values_in_order() -> None:
    values = np.arange(30.0).reshape(10, 3)
    assert np.array_equal(np.concatenate(list(blocks(values, 7))), values)


@pytest.mark.parametrize("block", [1, 7, 12, 1000])
def test_pieces_hold_every_case_once_and_no_more_than_a_block_unless_one_is_longer(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    lengths = np.array([1, 5, 2, 30, 1, 1, 1, 9])
    found = list(pieces(lengths, 2))
    assert np.array_equal(np.concatenate([np.arange(8)[piece] for piece in found]), np.arange(8))
    assert all(piece.stop - piece.start == 1 or 2 * lengths[piece].sum() <= block for piece in found)


def test_pages_of_a_large_mapping_are_given_back_and_read_again(tmp_path: Path) -> None:
    values = np.arange(2 * module.LARGE // 4, dtype=np.float32)
    array = mapped(tmp_path / "values", values).reshape(-1, 2)
    total = array.sum(dtype=np.float64)
    touched = resident_of_files()
    release(array[5:9].T)
    assert touched - resident_of_files() > module.LARGE
    assert array.sum(dtype=np.float64) == total


def test_releasing_what_is_in_memory_does_nothing() -> None:
    values = np.ones(8, np.float32)
    release(values[2:])
    release(memoryview(b"bytes"))
    assert values.sum() == 8


def test_the_end_of_a_case_is_found_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = np.array([3, 40, 2, 9])
    values = np.ones((54, 2), np.float32)
    values[10:43] = np.nan
    values[50:] = np.nan
    expected = ends(values, offsets_of(lengths)[:-1], lengths).tolist()
    monkeypatch.setattr("model.data.endings.BLOCK", 8)
    monkeypatch.setattr(module, "BLOCK", 8)
    assert ends(values, offsets_of(lengths)[:-1], lengths).tolist() == expected == [3, 7, 2, 5]


def test_statistics_of_a_case_longer_than_a_block_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)
    series = Series.from_cases([values[:3], values[3:490], values[490:]])
    whole = Preprocessing.fit(series, "channel", "zero")
    monkeypatch.setattr("model.data.scaling.BLOCK", 16)
    monkeypatch.setattr(module, "BLOCK", 16)
    joined = Preprocessing.fit(series, "channel", "zero")
    np.testing.assert_allclose(joined.mean, whole.mean, rtol=1e-5)
    np.testing.assert_allclose(joined.deviation, whole.deviation, rtol=1e-5)
