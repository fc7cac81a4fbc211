"""Which scaling mode a fit ends in, and that the parameters are right in it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize

from engine.api import fit
from engine.conventions import Convention
from engine.errors import OptionError
from engine.events import Happening
from engine.layer_options import ScalingOptions
from engine.result import Flag, State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    FULL,
    SEVEN,
    TIGHT,
    UNEQUAL,
    N,
    basis_of,
    dense_at,
    harmonics,
    layered,
    layers_off,
    measured,
    scaled_run,
)
from tests.engine.fit.support import apart, errors, told, values, watched
from tests.engine.known_runs import known
from tests.engine.scipy_fit import PixelModel

ANGLES = np.radians(FULL)
RANDOM = np.random.default_rng(99).standard_normal(23)
CONTRASTS = {
    "constant": np.full(23, 0.3),
    "smooth": 0.3 * (1 + 0.06 * np.cos(ANGLES) + 0.03 * np.sin(2 * ANGLES)),
    "random": 0.3 * (1 + 0.1 * RANDOM),
}
MODE = Happening.SCALING_MODE
ENDS = {"constant": "averaged", "smooth": "fourier", "random": "individual"}


@cache
def many_angles(kind):
    return scaled_run(CONTRASTS[kind], FULL, n_frames=42, dt=62 / 42)


def three_angles(contrast):
    """A run of 160 frames with as much information as one of a thousand."""
    return scaled_run(
        contrast,
        (0.0, 45.0, 90.0),
        like=known("laminar-L1"),
        n_frames=162,
        dt=100 / 161,
        sigma=0.02 * 160 / 1000,
        convention=Convention.HOMODYNE2,
    )


BIASING = three_angles((0.318, 0.322, 0.300))
SHARED = three_angles((0.3, 0.3, 0.3))


@cache
def fitted(run, mode, **changes):
    return fit(measured(run), run.setup(sigma=run.sigma, scaling=mode, **changes))


def pulls(result, run):
    """Return (value - truth)/σ of the physical parameters."""
    error = np.array([p.stderr for p in result.parameters], float)
    return (np.array([p.value for p in result.parameters]) - run.theta) / error


@pytest.mark.parametrize("kind", ENDS)
def test_auto_shares_what_the_angles_can_share(kind):
    run = many_angles(kind)
    result, seen = watched(
        measured(run), run.setup(sigma=run.sigma, scaling=Scaling.AUTO)
    )
    told_of = result.degeneracy
    assert result.status.state is State.CONVERGED
    assert (told_of.requested, told_of.chosen) == ("auto", ENDS[kind])
    assert result.scaling.mode == ENDS[kind]
    assert np.abs(pulls(result, run)).max() < 3
    assert result.quality.flag is Flag.GOOD
    changes = [(e.details["narrow"], e.details["wide"]) for e in told(seen, MODE)]
    assert changes == ([] if kind == "constant" else [("averaged", ENDS[kind])])
    report = told_of.layers["scaling"]
    assert report.count == len(changes)
    assert report.acted
    assert report.effect == told_of.reason
    last = told_of.tests[-1]
    if kind != "random":
        assert last is told_of.final_test
        assert not last.rejected
    else:
        assert told_of.final_test is None
        assert last.rejected


@pytest.mark.parametrize("kind", ["smooth", "random"])
def test_auto_is_the_fit_in_the_mode_it_ends_in(kind):
    """Where it came from leaves no trace."""
    run = many_angles(kind)
    direct = fitted(run, Scaling(ENDS[kind]), tolerances=TIGHT)
    assert apart(fitted(run, Scaling.AUTO, tolerances=TIGHT), direct) < 1e-6


def test_a_shared_contrast_that_biases_is_flagged():
    result = fitted(BIASING, Scaling.AVERAGED)
    assert result.status.state is State.CONVERGED
    assert np.abs(pulls(result, BIASING)).max() > 4
    assert result.quality.flag is not Flag.GOOD
    assert any("biases the parameters" in w for w in result.quality.warnings)
    test = result.degeneracy.final_test
    assert test.rejected
    assert test.degrees == 4
    # It tells by how much: what freeing the scaling then does.
    free = fitted(BIASING, Scaling.INDIVIDUAL)
    sigma = np.array([p.stderr for p in free.parameters])
    moved = (values(free) - values(result))[:N] / sigma
    predicted = np.array(list(test.shifts.values()))
    large = np.abs(moved) > 2
    assert large.sum() >= 3
    np.testing.assert_allclose(predicted[large], moved[large], rtol=0.2)


def test_auto_frees_it():
    result = fitted(BIASING, Scaling.AUTO)
    assert result.scaling.mode == "individual"
    assert np.abs(pulls(result, BIASING)).max() < 3
    assert result.quality.flag is Flag.GOOD
    assert "T = " in result.degeneracy.reason
    (change,) = result.degeneracy.layers["scaling"].details["changes"]
    assert change == {"from": "averaged", "to": "individual"}


def test_an_equal_contrast_stays_shared():
    result = fitted(SHARED, Scaling.AUTO)
    assert result.scaling.mode == "averaged"
    assert np.abs(pulls(result, SHARED)).max() < 3
    assert result.quality.flag is Flag.GOOD
    wide = fitted(SHARED, Scaling.INDIVIDUAL)
    assert errors(result)[6] < 0.97 * errors(wide)[6]


def ladder(**options):
    return {"options": layered(scaling=ScalingOptions(**options))}


@pytest.mark.parametrize(("threshold", "mode"), [(7, "averaged"), (8, "individual")])
def test_few_angles_have_their_own(threshold, mode):
    run = scaled_run(0.3)
    options = ladder(constant_scaling_threshold=threshold)
    result = fit(measured(run), run.setup(scaling=Scaling.AUTO, **options))
    assert result.scaling.mode == mode
    if mode == "individual":
        expected = "Every angle has its own: 7 angles, and sharing begins at 8."
        assert result.degeneracy.reason == expected
        assert result.degeneracy.tests == ()
        assert not result.degeneracy.layers["scaling"].acted


def test_untested_it_stays_shared():
    options = ladder(score_test=False)
    run = BIASING
    result, seen = watched(measured(run), run.setup(scaling=Scaling.AUTO, **options))
    assert result.scaling.mode == "averaged"
    assert not told(seen, MODE)
    assert "not tested" in result.degeneracy.reason


def test_with_the_layers_off_auto_is_individual():
    run = scaled_run(0.3)
    settings = {"tolerances": TIGHT, "sigma": run.sigma}
    off = run.setup(scaling=Scaling.AUTO, options=layers_off(), **settings)
    plain = run.setup(scaling=Scaling.INDIVIDUAL, options=layers_off(), **settings)
    result = fit(measured(run), off)
    assert result.scaling.mode == "individual"
    assert "off" in result.degeneracy.reason
    assert apart(result, fit(measured(run), plain)) < 1e-6
    others = [r for n, r in result.degeneracy.layers.items() if n != "scaling"]
    assert not any(report.configured or report.acted for report in others)


def test_a_larger_shift_may_be_allowed():
    options = ladder(score_max_shift=1e3)
    setup = BIASING.setup(scaling=Scaling.AVERAGED, **options)
    result = fit(measured(BIASING), setup)
    test = result.degeneracy.final_test
    assert test.p_value < 1e-3
    assert not test.rejected


class TestConstant:
    def test_is_individual_with_the_scaling_known(self):
        frozen = fitted(UNEQUAL, Scaling.CONSTANT, tolerances=TIGHT)
        own = fitted(UNEQUAL, Scaling.INDIVIDUAL, tolerances=TIGHT)
        sigma = errors(own)
        assert np.abs((values(frozen) - values(own)) / sigma).max() < 1e-6
        assert np.all(errors(frozen)[:N] < sigma[:N])
        assert np.isnan(errors(frozen)[N:]).all()
        assert frozen.scaling.n_coefficients == 0
        assert any("errors do not contain" in w for w in frozen.quality.warnings)
        assert not any("errors do not contain" in w for w in own.quality.warnings)

    def test_errors_are_those_of_the_physical_columns(self):
        frozen = fitted(UNEQUAL, Scaling.CONSTANT, tolerances=TIGHT)
        dense = dense_at(UNEQUAL, values(frozen))
        alone = replace(dense, jacobian=dense.jacobian[:, :N])
        np.testing.assert_allclose(
            errors(frozen)[:N], np.sqrt(np.diag(alone.covariance)), rtol=1e-6
        )


class TestFourier:
    def test_too_few_angles_have_their_own(self):
        run = three_angles((0.318, 0.322, 0.300))
        result = fitted(run, Scaling.FOURIER)
        assert result.scaling.mode == "individual"
        assert result.degeneracy.reason == (
            "Every angle has its own: harmonics up to 2 need at least 5 angles, and "
            "there are 3."
        )
        assert apart(result, fitted(run, Scaling.INDIVIDUAL)) < 1e-9

    def test_as_many_coefficients_as_angles_are_individual(self):
        run = scaled_run((0.31, 0.29, 0.33, 0.28, 0.30), SEVEN[:5])
        series = fitted(run, Scaling.FOURIER, tolerances=TIGHT)
        own = fitted(run, Scaling.INDIVIDUAL, tolerances=TIGHT)
        assert series.scaling.mode == "fourier"
        chi = series.quality.chi_squared
        assert chi == pytest.approx(own.quality.chi_squared, rel=1e-10)
        assert apart(series, own) < 1e-5
        np.testing.assert_allclose(errors(series), errors(own), rtol=1e-5)

    @pytest.mark.parametrize("order", [1, 2, 3])
    def test_errors_of_values_are_carried_over(self, order):
        """J C Jᵀ, with C from the columns of the coefficients."""
        result = fitted_order(order)
        basis = basis_of(Scaling.FOURIER, SEVEN, order)
        covariance = dense_at(UNEQUAL, values(result)).mapped(basis).covariance
        norms = np.sqrt(np.diag(covariance))
        difference = (result.covariance - covariance) / np.outer(norms, norms)
        assert np.abs(difference).max() < 1e-6
        whole = basis @ covariance @ basis.T
        np.testing.assert_allclose(errors(result), np.sqrt(np.diag(whole)), rtol=1e-6)

    def test_coefficients_are_in_the_record(self):
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

    def test_equal_angles_are_refused(self):
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
                    [center + contrast @ y - bounds[0], bounds[1] - center - contrast @ y]
                ),
                "jac": lambda _: np.vstack([contrast, -contrast]),
            }
        ],
        options={"maxiter": 500, "ftol": 1e-15},
    )
    return begin + scale * found.x, found.fun, scale


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
