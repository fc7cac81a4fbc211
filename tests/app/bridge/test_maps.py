import numpy as np
import pytest

from app.bridge.maps import MapRequest, closest_scaling, evaluate_pair, fitted_part
from tests.app.fakes import FakeEngine, make_data, make_setup


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


def test_residual_is_data_less_model_on_the_fitted_axis():
    engine, data, setup = FakeEngine().functions(), make_data(), make_setup()
    pair = evaluate_pair(
        engine,
        MapRequest(data=data, setup=setup, values={}, index=1, scaling=(0.3, 1.0)),
    )
    part = fitted_part(data, setup, 1)
    assert part.shape == (data.n_frames - 1,) * 2
    off = ~np.eye(len(part), dtype=bool)
    expected = (part - pair.model)[off]
    np.testing.assert_allclose(pair.residual[off], expected, atol=1e-6)
    assert np.isnan(np.diagonal(pair.residual)).all()
    assert (pair.contrast, pair.offset) == (0.3, 1.0)


def test_without_scaling_the_closest_one_is_taken():
    engine, data, setup = FakeEngine().functions(), make_data(), make_setup()
    pair = evaluate_pair(engine, MapRequest(data=data, setup=setup, values={}, index=0))
    assert pair.contrast == pytest.approx(0.3, abs=0.01)
    upper = np.triu(np.ones_like(pair.residual, dtype=bool), 1)
    assert abs(float(pair.residual[upper].mean())) < 1e-4
