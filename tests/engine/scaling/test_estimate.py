"""Contrast and offset for display, against NumPy's own line fit."""

import numpy as np
import pytest

from engine.api import closest_scaling


def test_scaling_is_the_least_squares_one():
    rng = np.random.default_rng(3)
    shape = rng.random((30, 30)).astype(np.float32)
    c2 = (1.07 + 0.21 * shape + rng.normal(0, 0.01, shape.shape)).astype(np.float32)
    np.fill_diagonal(c2, 50.0)
    c2[3, 7] = np.nan
    upper = np.triu(np.isfinite(c2), 1)
    expected = np.polyfit(shape[upper].astype(float), c2[upper].astype(float), 1)
    assert closest_scaling(shape, c2) == pytest.approx(tuple(expected), rel=1e-6)


def test_a_flat_model_has_no_contrast():
    c2 = np.full((5, 5), 1.1, dtype=np.float32)
    assert closest_scaling(np.zeros_like(c2), c2) == pytest.approx((0.0, 1.1))
    assert closest_scaling(c2, np.full_like(c2, np.nan)) == (0.0, 1.0)
