"""Errors that allow for correlated pixels: the formula, and the scatter of fits."""

import numpy as np
import pytest
from scipy.signal import lfilter

from engine.api import fit
from engine.fit.correlated import bandwidth, long_run_variance
from engine.reference.normal import fitted_pixels
from engine.simulate import SimulationRequest, simulate
from tests.engine.known_runs import known

RUN = known("laminar-small")
STATIC = known("static-small")


class TestLongRunVariance:
    def test_of_independent_numbers_it_is_their_sum_of_squares(self):
        series = np.random.default_rng(1).normal(size=(40, 3000))
        expected = (series**2).sum()
        assert long_run_variance(series) == pytest.approx(expected, rel=0.05)

    @pytest.mark.parametrize("rho", [0.5, 0.8])
    def test_of_an_autoregressive_series_it_is_known(self, rho):
        noise = np.random.default_rng(2).normal(size=(20, 20000))
        series = lfilter([1.0], [1.0, -rho], noise, axis=1)
        expected = series.size / (1 - rho) ** 2
        assert long_run_variance(series) == pytest.approx(expected, rel=0.12)

    def test_is_the_weighted_sum_over_all_pairs(self):
        series = np.random.default_rng(3).normal(size=(2, 40)).cumsum(axis=1)
        lags = [sum((s[: 40 - k] * s[k:]).sum() for s in series) for k in range(40)]
        longest = bandwidth(np.array(lags))
        i, j = np.indices((40, 40))
        weights = np.maximum(1 - np.abs(i - j) / longest, 0)
        expected = sum(s @ weights @ s for s in series)
        assert long_run_variance(series) == pytest.approx(expected, rel=1e-10)

    @pytest.mark.parametrize("n", [1, 2, 5])
    def test_of_hardly_any_frames_it_is_finite(self, n):
        assert np.isfinite(long_run_variance(np.ones((1, n))))


def test_errors_are_those_of_the_dense_jacobian():
    data = STATIC.data(4)
    result = fit(data, STATIC.setup(sigma=STATIC.sigma))
    dense, c2 = STATIC.dense(), np.asarray(data.c2[:, 1:, 1:], float)
    k = len(dense.phi)
    theta = list(result.values.values())
    x = np.array([*theta, *result.scaling.contrast, *result.scaling.offset])
    fitted = fitted_pixels(c2)
    jacobian = dense.jacobian(x) / STATIC.sigma
    residual = (dense.c2(*dense.unpacked(x)) - c2) / STATIC.sigma
    inside = jacobian[fitted]
    inverse = np.linalg.inv(inside.T @ inside)
    scores = np.where(fitted[..., None], residual[..., None] * jacobian, 0.0)
    influence = (scores.sum(axis=2) + scores.sum(axis=1)) @ inverse
    each = (residual[fitted][:, None] * inside) @ inverse
    for p, fitted_parameter in enumerate(result.parameters):
        own = (each[:, p] ** 2).sum()
        variance = long_run_variance(influence[..., p].reshape(k, -1)) - own
        expected = np.sqrt(max(variance, fitted_parameter.stderr**2))
        # One variance for all pixels there, that of each pixel here.
        assert fitted_parameter.stderr_robust == pytest.approx(expected, rel=0.03)


def test_independent_pixels_get_hardly_larger_ones():
    result = fit(RUN.data(5), RUN.setup())
    ratios = [p.stderr_robust / p.stderr for p in result.parameters]
    assert min(ratios) >= 1.0
    assert max(ratios) < 2.0


def test_no_error_where_there_is_none():
    result = fit(RUN.data(5), RUN.setup(fixed=("D_offset",)))
    by_name = {p.name: p for p in result.parameters}
    assert by_name["D_offset"].stderr_robust is None
    assert by_name["D0"].stderr_robust >= by_name["D0"].stderr


def test_a_fit_that_was_stopped_has_none():
    result = fit(RUN.data(5), RUN.setup(), cancelled=lambda: True)
    assert all(p.stderr_robust is None for p in result.parameters)


@pytest.mark.slow
def test_of_few_speckles_they_are_about_true_and_the_others_far_off():
    """Real scatter of fits to runs of 3000 speckles, against both errors."""
    values = {"D0": 1e5, "alpha": -0.3, "D_offset": 0.0}
    setup = STATIC.setup(fixed=("D_offset",), start={**values, "D0": 8e4})
    plain, robust = [], []
    for seed in range(16):
        request = SimulationRequest(
            model="static", values=values, n_frames=121, phi=(0.0, 60.0),
            contrast=(0.3,), offset=(1.0,), speckles=3000, seed=seed,
        )  # fmt: skip
        data = simulate(request)
        result = fit(data, setup)
        for p in result.parameters[:2]:
            off = p.value - values[p.name]
            plain.append(off / p.stderr)
            robust.append(off / p.stderr_robust)
    assert np.sqrt(np.mean(np.square(plain))) > 5
    assert 0.6 < np.sqrt(np.mean(np.square(robust))) < 1.6
