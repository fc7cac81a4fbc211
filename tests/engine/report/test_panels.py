"""What is drawn of which angle."""

import numpy as np
import pytest

from engine.report.maps import AngleMaps
from engine.report.panels import MAX_ROWS, block_mean, chosen_rows, panel


def naive_block_mean(image, size):
    """Average by looping, which is obviously right."""
    image = image.astype(float).copy()
    np.fill_diagonal(image, np.nan)
    n = image.shape[0]
    blocks = range(0, n, size)
    out = np.full((len(blocks), len(blocks)), np.nan)
    for a, i in enumerate(blocks):
        for b, j in enumerate(blocks):
            block = image[i : i + size, j : j + size]
            if np.isfinite(block).any():
                out[a, b] = block[np.isfinite(block)].mean()
    return out


@pytest.mark.parametrize(("n", "size"), [(12, 1), (12, 3), (13, 3), (300, 2), (7, 10)])
def test_block_mean_leaves_out_diagonal_and_missing_pixels(n, size):
    rng = np.random.default_rng(n)
    image = rng.normal(size=(n, n)).astype(np.float32)
    image[2, :] = image[:, 2] = np.nan
    image[5, 6] = np.inf
    expected = naive_block_mean(image, size)
    np.testing.assert_allclose(block_mean(image, size), expected, atol=1e-5)


def test_block_mean_does_not_change_its_argument():
    image = np.ones((8, 8), np.float32)
    block_mean(image, 2)
    assert image.all()


def test_rows_are_all_angles_or_evenly_chosen_ones():
    assert chosen_rows(3) == [0, 1, 2]
    assert chosen_rows(MAX_ROWS) == list(range(MAX_ROWS))
    rows = chosen_rows(23)
    assert len(rows) == MAX_ROWS
    assert rows[0] == 0
    assert rows[-1] == 22
    assert set(np.diff(rows)) <= {4, 5}


def test_large_maps_are_reduced():
    n = 1025
    image = np.zeros((n, n), np.float32)
    drawn = panel(AngleMaps(0, 0.0, image, image))
    assert drawn.reduction == 3
    assert drawn.data.shape == (342, 342)
