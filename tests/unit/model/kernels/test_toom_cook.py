"""Toom-Cook filtering gives what correlation gives, and rounds as its record says."""

import numpy as np
import pytest

from model.arrays import Array
from model.kernels.toom_cook import filtering


def correlate(tile: Array, kernel: Array, outputs: int) -> Array:
    """Loops: y[j] = sum_k tile[j + k] kernel[k]."""
    return np.stack([sum(tile[j + k] * kernel[k] for k in range(len(kernel))) for j in range(outputs)])


@pytest.mark.parametrize(("outputs", "taps"), [(2, 3), (4, 1), (4, 2), (4, 4), (4, 5), (6, 3), (5, 5), (7, 3), (3, 7)])
def test_filtering_equals_correlation_in_float64(outputs: int, taps: int) -> None:
    generator = np.random.default_rng(0)
    transforms = filtering(outputs, taps)
    tile, kernel = generator.standard_normal(outputs + taps - 1), generator.standard_normal(taps)

    filtered = transforms.to_outputs @ ((transforms.to_kernel @ kernel) * (transforms.to_tile @ tile))

    np.testing.assert_allclose(filtered, correlate(tile, kernel, outputs), atol=1e-13)


@pytest.mark.parametrize(("outputs", "taps"), [(6, 3), (4, 4), (4, 5), (5, 5), (7, 3), (6, 4), (4, 6), (3, 7)])
def test_in_float32_the_error_stays_below_ten_times_that_of_direct_products(outputs: int, taps: int) -> None:
    generator = np.random.default_rng(1)
    transforms = filtering(outputs, taps)
    points, channels, kernels, tiles = outputs + taps - 1, 128, 64, 200
    x = generator.standard_normal((points, tiles, channels))
    w = generator.standard_normal((taps, channels, kernels)) / np.sqrt(taps * channels)
    exact = np.stack([sum(x[j + k] @ w[k] for k in range(taps)) for j in range(outputs)])

    x32, w32 = x.astype(np.float32), w.astype(np.float32)
    direct = np.stack([sum(x32[j + k] @ w32[k] for k in range(taps)) for j in range(outputs)])
    transformed = np.tensordot(transforms.to_tile.astype(np.float32), x32, 1)
    weights = np.tensordot(transforms.to_kernel.astype(np.float32), w32, 1)
    filtered = np.tensordot(transforms.to_outputs.astype(np.float32), transformed @ weights, 1)

    assert np.abs(filtered - exact).max() < 3e-5
    assert np.abs(filtered - exact).std() < 10 * np.abs(direct - exact).std()


def test_the_constants_stay_near_one() -> None:
    for outputs, taps in ((6, 3), (5, 4), (4, 4), (4, 5), (5, 5), (7, 3), (3, 7)):
        transforms = filtering(outputs, taps)
        for matrix in (transforms.to_outputs, transforms.to_tile):
            assert np.abs(matrix).max() <= 64
