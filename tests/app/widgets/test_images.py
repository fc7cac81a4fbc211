import numpy as np
import pytest

from app.widgets.images import (
    block_mean,
    off_diagonal,
    reduce_blocks,
    robust_levels,
    symmetric_level,
    to_index,
)

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_index_is_the_rounded_position_between_levels(dtype):
    array = RNG.uniform(0.9, 1.4, (50, 40)).astype(dtype)
    low, high = 1.0, 1.3
    expected = np.clip(np.floor((array - low) / (high - low) * 254 + 0.5), 0, 254)
    index = to_index(array, low, high)
    assert index.dtype == np.uint8
    # Values right on the edge of two colours may fall to either side.
    assert np.abs(index.astype(int) - expected).max() <= 1
    assert (index == expected).mean() > 0.99


def test_levels_themselves_are_the_ends_of_the_table():
    index = to_index(np.array([[1.0, 1.5, 2.0, -9.0, 9.0]]), 1.0, 2.0)
    assert index.tolist() == [[0, 127, 254, 0, 254]]


def test_what_is_not_finite_gets_the_last_entry():
    array = np.array([[np.nan, np.inf, -np.inf, 1.0]], dtype=np.float32)
    assert to_index(array, 0.0, 1.0).tolist() == [[255, 255, 255, 254]]


def test_equal_levels_give_the_middle():
    index = to_index(np.array([[3.0, np.nan]]), 2.0, 2.0)
    assert index.tolist() == [[127, 255]]


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_blocks_are_means(factor):
    array = RNG.normal(1.1, 0.1, (42, 42))
    side = 42 // factor
    expected = array.reshape(side, factor, side, factor).mean(axis=(1, 3))
    np.testing.assert_allclose(reduce_blocks(array, factor), expected, rtol=1e-12)


def test_cut_blocks_hold_the_mean_of_what_is_there():
    array = RNG.normal(size=(10, 11))
    reduced = reduce_blocks(array, 4)
    assert reduced.shape == (3, 3)
    assert reduced[2, 2] == pytest.approx(array[8:, 8:].mean())
    assert reduced[0, 2] == pytest.approx(array[:4, 8:].mean())


def test_missing_elements_do_not_count():
    array = RNG.normal(size=(12, 12))
    array[RNG.random((12, 12)) < 0.3] = np.nan
    array[0, 0] = np.inf
    array[4:8, 4:8] = np.nan
    blocks = np.where(np.isfinite(array), array, np.nan).reshape(3, 4, 3, 4)
    blocks[1, :, 1, :] = 0.0
    expected = np.nanmean(blocks, axis=(1, 3))
    expected[1, 1] = np.nan
    np.testing.assert_allclose(reduce_blocks(array, 4), expected, rtol=1e-12)


def test_the_mean_of_all_survives_the_reduction():
    """A stride would not keep a thin feature; the mean must."""
    array = np.zeros((600, 600), dtype=np.float32)
    array[::7] = 1.0
    reduced, factor = block_mean(array, 200)
    assert factor == 3
    assert reduced.mean() == pytest.approx(array.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("size", "most", "factor"),
    [(100, 100, 1), (101, 100, 2), (4000, 512, 8), (1, 9, 1)],
)
def test_reduction_is_the_least_that_suffices(size, most, factor):
    reduced, found = block_mean(np.ones((size, size), dtype=np.float32), most)
    assert found == factor
    assert reduced.shape[0] <= most
    assert (reduced == 1).all()


def test_levels_leave_out_the_diagonal_and_the_missing():
    array = RNG.normal(1.1, 0.05, (80, 80))
    np.fill_diagonal(array, 50.0)
    array[3, :] = np.nan
    rest = array[~np.eye(80, dtype=bool)]
    expected = np.nanpercentile(rest, (0.5, 99.5))
    np.testing.assert_allclose(robust_levels(array), expected, rtol=1e-12)


def test_levels_of_a_large_matrix_come_from_an_even_sample():
    array = np.sort(RNG.normal(1.1, 0.05, 1_000_000)).reshape(1000, 1000)
    array = array.astype(np.float32)
    expected = np.percentile(array, (0.5, 99.5))
    np.testing.assert_allclose(robust_levels(array), expected, atol=0.002)
    assert off_diagonal(array).size < 210_000


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0])
def test_levels_of_a_constant_matrix_still_differ(value):
    low, high = robust_levels(np.full((5, 5), value))
    assert low < value < high


def test_levels_of_nothing():
    nothing = np.full((4, 4), np.nan)
    assert robust_levels(nothing) == (0.0, 1.0)
    assert symmetric_level(nothing) == 1.0


def test_symmetric_level_is_a_percentile_of_the_magnitude():
    array = RNG.normal(0, 2.0, (60, 60))
    np.fill_diagonal(array, 1e6)
    rest = np.abs(array[~np.eye(60, dtype=bool)])
    assert symmetric_level(array) == pytest.approx(np.percentile(rest, 99.0))
    assert symmetric_level(np.zeros((4, 4))) == 1.0
