"""Contrast and offset as Fourier series: errors and bounds of values, small cases."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize

from engine.api import fit
from engine.errors import OptionError
from engine.layer_options import ScalingOptions
from engine.result import State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    SEVEN,
    TIGHT,
    UNEQUAL,
    N,
    basis_of,
    dense_at,
    harmonics,
    layered,
    measured,
    scaled_run,
)
from tests.engine.fit.support import apart, errors, values
from tests.engine.scipy_fit import PixelModel
from tests.marking import quick


@cache
def fitted(run, mode, **changes):
    return fit(measured(run), run.setup(sigma=run.sigma, scaling=mode, **changes))


def test_too_few_angles_have_their_own():
    run = scaled_run((0.31, 0.29, 0.33), (0.0, 45.0, 90.0))
    result = fitted(run, Scaling.FOURIER)
    assert result.scaling.mode == "individual"
    assert result.degeneracy.reason == (
        "Every angle has its own: harmonics up to 2 need at least 5 angles, and "
        "there are 3."
    )
    assert apart(result, fitted(run, Scaling.INDIVIDUAL)) < 1e-9


def test_as_many_coefficients_as_angles_are_individual():
    run = scaled_run((0.31, 0.29, 0.33, 0.28, 0.30), SEVEN[:5])
    series = fitted(run, Scaling.FOURIER, tolerances=TIGHT)
    own = fitted(run, Scaling.INDIVIDUAL, tolerances=TIGHT)
    assert series.scaling.mode == "fourier"
    chi = series.quality.chi_squared
    assert chi == pytest.approx(own.quality.chi_squared, rel=1e-10)
    assert apart(series, own) < 1e-5
    np.testing.assert_allclose(errors(series), errors(own), rtol=1e-5)


@pytest.mark.parametrize("order", quick([1, 2, 3], 2))
def test_errors_of_values_are_carried_over(order):
    """J C Jᵀ, with C from the columns of the coefficients."""
    result = fitted_order(order)
    basis = basis_of(Scaling.FOURIER, SEVEN, order)
    covariance = dense_at(UNEQUAL, values(result)).mapped(basis).covariance
    norms = np.sqrt(np.diag(covariance))
    difference = (result.covariance - covariance) / np.outer(norms, norms)
    assert np.abs(difference).max() < 1e-6
    whole = basis @ covariance @ basis.T
    np.testing.assert_allclose(errors(result), np.sqrt(np.diag(whole)), rtol=1e-6)


def test_coefficients_are_in_the_record():
    result = fitted_order(2)
    details = result.degeneracy.layers["scaling"].details
    assert details["order"] == 2
    names = ["c0", "c1", "s1", "c2", "s2"]
    expected = [f"{g}_{n}" for g in ("contrast", "offset") for n in names]
    assert list(details["coefficients"]) == expected
    found = np.array(list(details["coefficients"].values()))
    b = harmonics(SEVEN)
    np.testing.assert_allclose(b @ found[:5], result.scaling.contrast, rtol=1e-12)
    np.testing.assert_allclose(b @ found[5:], result.scaling.offset, rtol=1e-12)


def test_equal_angles_are_refused():
    run = scaled_run(0.3, (0.0, 0.0, 35.0, 35.0, 70.0, 95.0))
    with pytest.raises(OptionError, match="do not tell the harmonics"):
        fit(measured(run), run.setup(scaling=Scaling.FOURIER))


def fitted_order(order):
    options = layered(scaling=ScalingOptions(fourier_order=order))
    return fitted(UNEQUAL, Scaling.FOURIER, tolerances=TIGHT, options=options)


def series_run():
    """Contrasts that are a Fourier series with negative harmonics."""
    contrast = harmonics(SEVEN) @ [0.3, -0.02, 0.015, -0.03, 0.01]
    return scaled_run(contrast)


def by_slsqp(run, bounds, begin):
    """Minimise in the coefficients, the values at every angle within bounds."""
    basis = basis_of(Scaling.FOURIER, SEVEN)
    pixels = PixelModel(run.dense(), measured(run).c2[:, 1:, 1:], run.sigma)
    scale = np.sqrt(np.diag(dense_at(run, basis @ begin).mapped(basis).covariance))
    k = len(SEVEN)
    contrast = basis[N : N + k] * scale

    def cost(y):
        r = pixels.residual(basis @ (begin + scale * y))
        return 0.5 * r @ r

    def slope(y):
        x = basis @ (begin + scale * y)
        return (pixels.jacobian(x) @ basis * scale).T @ pixels.residual(x)

    center = basis[N : N + k] @ begin
    found = minimize(
        cost,
        np.zeros(len(begin)),
        jac=slope,
        method="SLSQP",
        constraints=[
            {
                "type": "ineq",
                "fun": lambda y: np.concatenate(
                    [
                        center + contrast @ y - bounds[0],
                        bounds[1] - center - contrast @ y,
                    ]
                ),
                "jac": lambda _: np.vstack([contrast, -contrast]),
            }
        ],
        options={"maxiter": 500, "ftol": 1e-15},
    )
    return begin + scale * found.x, found.fun, scale


@pytest.mark.slow
def test_values_of_a_series_keep_to_their_bounds():
    run = series_run()
    contrast = run.scaling[0]
    free = fitted(run, Scaling.FOURIER, tolerances=TIGHT)
    assert min(coefficients_of(free)[1:5]) < -0.01
    bounds = (float(np.sort(contrast)[1]) + 0.002, float(contrast.max()) - 0.004)
    result = fitted(run, Scaling.FOURIER, tolerances=TIGHT, contrast_bounds=bounds)
    assert result.status.state is State.CONVERGED
    found = np.array(result.scaling.contrast)
    assert np.all(found >= bounds[0] - 1e-9)
    assert np.all(found <= bounds[1] + 1e-9)
    at_bound = np.array([s is None for s in result.scaling.contrast_stderr])
    assert 2 <= at_bound.sum() < 7
    assert any("contrast is at a bound" in w for w in result.quality.warnings)
    physical = [p.value for p in result.parameters]
    begin = np.concatenate([physical, coefficients_of(result)])
    x, cost, sigma = by_slsqp(run, bounds, begin)
    assert result.status.cost_final <= cost * (1 + 1e-9)
    assert np.abs((begin - x) / sigma).max() < 0.02
    assert result.status.cost_final > free.status.cost_final + 5


def coefficients_of(result):
    return np.array(
        list(result.degeneracy.layers["scaling"].details["coefficients"].values())
    )
