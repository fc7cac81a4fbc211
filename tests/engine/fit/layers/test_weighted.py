"""Weights along the flow: on the way only, or in the result with honest errors."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.events import Happening
from engine.layer_options import ShearWeightingOptions
from engine.result import State
from engine.setup import Scaling, Strategy
from tests.engine.fit.layers.support import (
    SEVEN,
    TIGHT,
    UNEQUAL,
    basis_of,
    dense_at,
    layered,
    measured,
    scaled_run,
)
from tests.engine.fit.support import apart, errors, told, values, watched
from tests.engine.known_runs import known
from tests.engine.scipy_fit import PixelModel, scipy_fit
from tests.marking import quick

pytestmark = pytest.mark.slow

MODES = [Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER]


def weighted(**changes):
    return layered(shear_weighting=ShearWeightingOptions(enable=True, **changes))


@cache
def fitted(mode=Scaling.INDIVIDUAL, options=None, **changes):
    settings = {"sigma": UNEQUAL.sigma, "scaling": mode, "tolerances": TIGHT}
    if options is not None:
        settings["options"] = options
    return watched(measured(UNEQUAL), UNEQUAL.setup(**{**settings, **changes}))


@cache
def from_another_direction(options=None):
    """Fit from a start 56° off."""
    return watched(
        measured(UNEQUAL),
        UNEQUAL.setup(
            sigma=UNEQUAL.sigma,
            tolerances=TIGHT,
            options=options or layered(),
            start={"phi0": 60.0},
        ),
    )


def report_of(result):
    return result.degeneracy.layers["shear_weighting"]


def along(phi0, least=0.3, alpha=1.0):
    """Return the weights of a flow direction, written out."""
    cosine = np.abs(np.cos(np.radians(phi0 - np.array(SEVEN))))
    w = least + (1 - least) * cosine**alpha
    return w / w.mean()


@pytest.mark.parametrize("mode", quick(MODES, Scaling.INDIVIDUAL))
def test_polished_it_is_the_fit_without_weights(mode):
    result, seen = fitted(mode, weighted())
    plain, _ = fitted(mode)
    assert result.status.state is State.CONVERGED
    # A cost of some thousand has no digits for less.
    assert apart(result, plain) < 3e-6
    np.testing.assert_allclose(errors(result), errors(plain), rtol=1e-6)
    report = report_of(result)
    assert (report.configured, report.acted) == (True, True)
    assert report.details["final"] is False
    assert len(told(seen, Happening.REWEIGHTED)) == report.count
    assert not any("weigh more" in w for w in result.quality.warnings)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_unpolished_it_is_the_weighted_minimum_of_scipy(alpha):
    """σ/√w as the standard deviation of every pixel of an angle."""
    result, _ = fitted(options=weighted(polish=False, alpha=alpha))
    w = np.array(report_of(result).details["weights"][-1]["weights"])
    last = report_of(result).details["weights"][-1]["phi0"]
    np.testing.assert_allclose(w, along(last, alpha=alpha), rtol=1e-12)
    sigma = UNEQUAL.sigma / np.sqrt(w)[:, None, None]
    pixels = PixelModel(UNEQUAL.dense(), measured(UNEQUAL).c2[:, 1:, 1:], sigma)
    theirs = scipy_fit(pixels, values(result) + 0.5 * errors(result))
    distance = np.abs(values(result) - theirs.x) / theirs.stderr
    assert distance.max() < 1e-5
    assert apart(result, fitted()[0]) > 0.01


@pytest.mark.parametrize("mode", quick(MODES, Scaling.INDIVIDUAL))
def test_errors_of_a_weighted_minimum_are_the_sandwich(mode):
    """H_w⁻¹ (Σ w² H_k) H_w⁻¹: what the noise does to such a minimum."""
    result, _ = fitted(mode, weighted(polish=False))
    w = np.array(report_of(result).details["weights"][-1]["weights"])
    basis = basis_of(mode, SEVEN)
    dense = dense_at(UNEQUAL, values(result)).mapped(basis)
    weighted_rows = dense.weighted(w)
    bread = weighted_rows.covariance
    # A minimum: nothing is left to gain.
    assert np.abs(weighted_rows.step() / np.sqrt(np.diag(bread))).max() < 3e-6
    half = (dense.jacobian * w[dense.angle][:, None]) @ bread
    covariance = half.T @ half
    norms = np.sqrt(np.diag(covariance))
    difference = (result.covariance - covariance) / np.outer(norms, norms)
    assert np.abs(difference).max() < 1e-6
    whole = np.sqrt(np.diag(basis @ covariance @ basis.T))
    np.testing.assert_allclose(errors(result), whole, rtol=1e-6)
    # It is told, and no error is smaller than with equal weights.
    assert sum("weigh more" in w for w in result.quality.warnings) == 1
    assert report_of(result).details["final"] is True
    equal = np.sqrt(np.diag(basis @ dense.covariance @ basis.T))
    assert np.all(whole >= equal * (1 - 1e-9))


def test_chi_squared_is_without_weights():
    result, _ = fitted(options=weighted(polish=False))
    dense = dense_at(UNEQUAL, values(result))
    assert result.status.cost_final == pytest.approx(dense.cost, rel=1e-9)
    assert result.quality.chi_squared == pytest.approx(2 * dense.cost, rel=1e-9)


def test_weights_follow_the_direction_three_times_at_most():
    result, seen = from_another_direction(weighted(polish=False))
    history = report_of(result).details["weights"]
    updates = told(seen, Happening.REWEIGHTED)
    assert 1 <= len(updates) == report_of(result).count <= 3
    assert len(history) == 1 + len(updates)
    assert history[0]["phi0"] == 60.0
    assert [e.details["phi0"] for e in updates] == [h["phi0"] for h in history[1:]]
    for entry in history:
        np.testing.assert_allclose(entry["weights"], along(entry["phi0"]), rtol=1e-12)


def test_seldom_looked_at_the_direction_is_followed_seldom():
    rare, _ = from_another_direction(weighted(update_frequency=1000))
    assert report_of(rare).count == 0
    assert apart(rare, from_another_direction()[0]) < 3e-6


def test_streamed_from_its_minimum_the_fit_ends():
    """The minimum with weights is above that without, whatever the warm-up does."""
    start = fitted()[0].values
    options = weighted(polish=False)
    settings = {"sigma": UNEQUAL.sigma, "tolerances": TIGHT, "options": options}
    setup = UNEQUAL.setup(start=start, **settings)
    direct = fit(measured(UNEQUAL), setup)
    streamed = replace(setup, strategy=Strategy.STREAMING)
    result, seen = watched(measured(UNEQUAL), streamed)
    assert result.status.state is State.CONVERGED
    assert len(told(seen, Happening.COST_GUARD)) == 1
    assert result.status.cost_final > result.status.cost_initial
    assert apart(result, direct) < 1e-6


def test_first_direction_may_be_given():
    result, _ = fitted(options=weighted(initial_phi0=-30.0))
    assert report_of(result).details["weights"][0]["phi0"] == -30.0
    assert apart(result, fitted()[0]) < 3e-6


def test_weight_of_one_for_all_changes_nothing():
    result, _ = fitted(options=weighted(min_weight=1.0, polish=False))
    np.testing.assert_allclose(values(result), values(fitted()[0]), rtol=1e-9)
    np.testing.assert_allclose(errors(result), errors(fitted()[0]), rtol=1e-9)


@pytest.mark.parametrize("kind", ["two angles", "no flow"])
def test_without_flow_or_angles_it_has_no_effect(kind):
    run = scaled_run(0.3, SEVEN[:2]) if kind == "two angles" else known("static-small")
    held = {"fixed": ("phi0",), "start": {"phi0": 4.0}} if kind == "two angles" else {}
    result = fit(run.data(), run.setup(options=weighted(), **held))
    report = report_of(result)
    assert (report.configured, report.acted, report.count) == (True, False, 0)
    assert "Without effect" in report.effect


def test_off_it_is_off():
    report = report_of(fitted()[0])
    assert (report.configured, report.acted, report.effect) == (False, False, "Off.")


def test_auto_judges_the_minimum_without_weights():
    """The test of the scaling mode is at the end, where every angle weighs the same."""
    run, found = scaled_run(0.3), []
    for options in (weighted(), layered()):
        setup = run.setup(scaling=Scaling.AUTO, options=options, sigma=run.sigma)
        result = fit(measured(run), replace(setup, tolerances=TIGHT))
        assert result.scaling.mode == "averaged"
        found.append(result.degeneracy.final_test.statistic)
    assert found[0] == pytest.approx(found[1], rel=1e-6)
