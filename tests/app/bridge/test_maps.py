import numpy as np
import pytest

from app.bridge.maps import MapRequest, evaluate_pair, fitted_part
from tests.app.fakes import FakeEngine, make_data, make_setup


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
