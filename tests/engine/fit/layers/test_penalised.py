"""Penalised fits against SciPy with further residuals, and their two limits."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.api import fit
from engine.layer_options import CvMode, RegularizationOptions
from engine.result import State
from engine.setup import Loss, Scaling
from tests.engine.fit.layers.support import (
    SEVEN,
    TIGHT,
    UNEQUAL,
    N,
    basis_of,
    dense_at,
    layered,
    measured,
    penalty_rows,
    scaled_run,
)
from tests.engine.fit.support import apart, errors, values
from tests.engine.scipy_fit import PixelModel
from tests.marking import quick

pytestmark = pytest.mark.slow

K = len(SEVEN)
I, F = Scaling.INDIVIDUAL, Scaling.FOURIER  # noqa: E741


def drawn(strength, cv=CvMode.RELATIVE, **changes):
    return layered(
        regularization=RegularizationOptions(
            enable=True, strength=strength, mode=cv, **changes
        )
    )


@cache
def fitted(mode, strength=None, cv=CvMode.RELATIVE, run=UNEQUAL, **changes):
    """Fit with a penalty; without one for no strength."""
    settings = {"sigma": run.sigma, "scaling": mode, "tolerances": TIGHT, **changes}
    if strength is not None:
        settings["options"] = drawn(strength, cv)
    return fit(measured(run), run.setup(**settings))


def factor_of(result, strength, cv, run=UNEQUAL):
    """Return λχ² or λΣw: χ² being what it is where the model is right."""
    n = result.input.n_points
    return strength * (n if cv is CvMode.RELATIVE else n / run.sigma**2)


def coefficients(result, mode):
    """Return what was fitted, from the values at the angles."""
    return np.linalg.lstsq(basis_of(mode, SEVEN), values(result), rcond=None)[0]


def by_scipy(mode, factor, *, relative, begin):
    basis = basis_of(mode, SEVEN)
    pixels = PixelModel(UNEQUAL.dense(), measured(UNEQUAL).c2[:, 1:, 1:], UNEQUAL.sigma)
    size = np.sqrt(np.diag(dense_at(UNEQUAL, basis @ begin).mapped(basis).covariance))

    def at(y):
        return basis @ (begin + size * y)

    def rows(y):
        x = at(y)
        return penalty_rows(x[N : N + K], x[N + K :], basis, factor, relative=relative)

    found = least_squares(
        lambda y: np.concatenate([pixels.residual(at(y)), rows(y)[1]]),
        np.full(len(size), 0.3),
        lambda y: np.vstack([pixels.jacobian(at(y)) @ basis, rows(y)[0]]) * size,
        xtol=1e-9,
        ftol=None,
        gtol=None,
        max_nfev=100,
    )
    return begin + size * found.x, size


CASES = [
    (I, 30.0, CvMode.RELATIVE),
    (I, 0.1, CvMode.ABSOLUTE),
    (F, 30.0, CvMode.RELATIVE),
    (F, 30.0, CvMode.ABSOLUTE),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_optimum_is_that_of_scipy(case):
    mode, strength, cv = case
    result, free = fitted(mode, strength, cv), fitted(mode)
    assert result.status.state is State.CONVERGED
    assert apart(result, free) > 1
    factor = factor_of(result, strength, cv)
    found = coefficients(result, mode)
    theirs, sigma = by_scipy(
        mode,
        factor,
        relative=cv is CvMode.RELATIVE,
        begin=coefficients(free, mode),
    )
    # A cost of some thousand has no digits for less.
    assert np.abs((found - theirs) / sigma).max() < 3e-6


@pytest.mark.parametrize("case", quick(CASES, CASES[0], CASES[2]), ids=str)
def test_errors_are_the_sandwich(case):
    """H⁻¹ of the penalised equations, around the H of the data."""
    mode, strength, cv = case
    result = fitted(mode, strength, cv)
    basis = basis_of(mode, SEVEN)
    x = values(result)
    dense = dense_at(UNEQUAL, x).mapped(basis)
    factor = factor_of(result, strength, cv)
    rows = penalty_rows(
        x[N : N + K], x[N + K :], basis, factor, relative=cv is CvMode.RELATIVE
    )
    whole = dense.with_rows(*rows)
    bread = whole.covariance
    # A minimum: nothing is left to gain.
    assert np.abs(whole.step() / np.sqrt(np.diag(bread))).max() < 3e-6
    # As rows, so that nothing is lost in the square.
    half = dense.jacobian @ bread
    covariance = half.T @ half
    norms = np.sqrt(np.diag(covariance))
    difference = (result.covariance - covariance) / np.outer(norms, norms)
    assert np.abs(difference).max() < 1e-6
    whole = np.sqrt(np.diag(basis @ covariance @ basis.T))
    np.testing.assert_allclose(errors(result), whole, rtol=1e-6)


def test_chi_squared_is_without_the_penalty():
    result = fitted(I, 3.0)
    dense = dense_at(UNEQUAL, values(result))
    assert result.status.cost_final == pytest.approx(dense.cost, rel=1e-9)
    assert result.quality.chi_squared == pytest.approx(2 * dense.cost, rel=1e-9)
    per_angle = np.bincount(dense.angle, dense.residual**2) / np.bincount(dense.angle)
    np.testing.assert_allclose(result.quality.angle_chi_squared, per_angle, rtol=0.02)
    # More than the least there is, by what the penalty has cost.
    assert result.quality.chi_squared > fitted(I).quality.chi_squared + 1


def test_what_is_told_of_it():
    result = fitted(I, 3.0)
    report = result.degeneracy.layers["regularization"]
    assert (report.configured, report.acted) == (True, True)
    groups = result.scaling.contrast, result.scaling.offset
    cv = [np.std(v) / np.mean(v) for v in groups]
    assert list(report.details["cv"].values()) == pytest.approx(cv, rel=1e-9)
    cost = 3.0 * result.input.n_points * (cv[0] ** 2 + cv[1] ** 2)
    share = report.details["penalty_over_chi_squared"]
    assert share == pytest.approx(cost / result.quality.chi_squared, rel=1e-9)
    assert report.details["lambda"] == 3.0
    assert sum("penalised" in w for w in result.quality.warnings) == 1
    plain = fitted(I)
    assert not any("penalised" in w for w in plain.quality.warnings)
    report = plain.degeneracy.layers["regularization"]
    assert (report.configured, report.acted) == (False, False)


def test_it_is_tuned_to_its_share_unless_given():
    options = layered(regularization=RegularizationOptions(enable=True))
    result = fit(measured(UNEQUAL), UNEQUAL.setup(options=options))
    assert result.degeneracy.layers["regularization"].details["lambda"] == (
        pytest.approx(0.10 / 0.10**2)
    )


@pytest.mark.parametrize("mode", quick([I, F], I))
def test_small_it_is_none(mode):
    # The gradient of the penalty moves the fit in proportion to λ.
    assert apart(fitted(mode, 1e-9), fitted(mode)) < 1e-6
    assert apart(fitted(mode, 1e-4), fitted(mode)) > 1e-5


@pytest.mark.parametrize("mode", quick([I, F], F))
def test_large_it_is_one_for_all(mode):
    result, shared = fitted(mode, 1e11), fitted(Scaling.AVERAGED)
    distance = np.abs(values(result) - values(shared)) / errors(shared)
    assert distance.max() < 1e-3
    assert np.ptp(result.scaling.contrast) < 1e-6
    far = np.abs(values(fitted(mode)) - values(shared)) / errors(shared)
    assert far.max() > 5


def test_between_them_the_contrasts_draw_together():
    spreads = [np.ptp(fitted(I, s).scaling.contrast) for s in (1e-9, 1, 10, 100, 1e9)]
    assert np.all(np.diff(spreads) < 0)


def test_a_uniform_contrast_as_a_series_costs_nothing():
    """The penalty is on values, not on coefficients, which are never equal."""
    run = scaled_run(0.3)
    without_noise = replace(measured(run), c2=run.clean().astype(np.float32))
    setup = run.setup(sigma=run.sigma, scaling=F, options=drawn(10.0))
    result = fit(without_noise, setup)
    details = result.degeneracy.layers["regularization"].details
    assert details["cv"]["contrast"] < 1e-6
    assert details["cv"]["offset"] < 1e-6
    found = coefficients(result, F)
    np.testing.assert_allclose(found[:N], run.theta, rtol=1e-4)
    np.testing.assert_allclose(found[N:], [0.3, *[0] * 4, 1, *[0] * 4], atol=1e-6)


@pytest.mark.parametrize("mode", [Scaling.AVERAGED, Scaling.CONSTANT])
def test_shared_and_frozen_scaling_are_not_penalised(mode):
    result = fitted(mode, 3.0)
    report = result.degeneracy.layers["regularization"]
    assert report.configured
    if mode is Scaling.AVERAGED:
        assert not report.acted
        assert apart(result, fitted(mode)) < 1e-6
        assert not any("penalised" in w for w in result.quality.warnings)


def test_contrasts_that_vary_much_are_named():
    run = scaled_run(0.3 * (1 + 0.6 * np.cos(np.radians(SEVEN))))
    said = [w for w in fitted(I, run=run).quality.warnings if "(CV)" in w]
    cv = 100 * np.std(run.contrast) / np.mean(run.contrast)
    assert len(said) == 1
    assert f"The contrast varies by {cv:.0f} %" in said[0]
    assert not any("(CV)" in w for w in fitted(I).quality.warnings)
    shared = fitted(Scaling.AVERAGED, run=run)
    assert not any("(CV)" in w for w in shared.quality.warnings)


def test_with_a_robust_loss():
    settings = {"loss": Loss.HUBER, "loss_scale": 1.5}
    free, weak = fitted(I, **settings), fitted(I, 1e-9, **settings)
    assert apart(weak, free) < 1e-4
    drawn_together = fitted(I, 1e9, **settings)
    shared = fitted(Scaling.AVERAGED, **settings)
    distance = np.abs(values(drawn_together) - values(shared)) / errors(shared)
    assert distance.max() < 1e-2
