"""Simulated runs of known truth: the reported errors are the true ones."""

import numpy as np
import pytest

from engine.api import fit
from engine.reference.runs import run_data
from engine.result import Flag, State
from engine.setup import Loss
from tests.engine.fit.support import errors, values
from tests.engine.known_runs import Q, known, tagged


def pulls(run, seeds, spoil=lambda c2, rng: c2, **changes):
    """Return (estimate - truth)/error of every coefficient, (seeds, coefficients)."""
    clean, setup = run.clean(), run.setup(**changes)
    found = []
    for seed in seeds:
        data = run.data(seed, clean)
        c2 = spoil(np.array(data.c2), np.random.default_rng([7, seed]))
        result = fit(run_data(c2, phi=run.phi, q=Q, dt=run.dt), setup)
        assert result.status.state is State.CONVERGED, (seed, result.status)
        assert result.status.iterations > 0
        found.append((values(result) - run.truth) / errors(result))
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "run", tagged("interior", without=["large"]), ids=lambda r: r.name
)
def test_pulls_over_a_hundred_seeds(run):
    found = pulls(run, range(100))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 4, np.abs(found).max(axis=0)
    spread = found.std(axis=0, ddof=1)
    assert np.all((spread > 0.8) & (spread < 1.2)), spread
    # the mean of 100 pulls scatters by 0.1; curvature may add a little
    assert np.abs(found.mean(axis=0)).max() < 0.4


@pytest.mark.parametrize(
    "run", tagged("interior", without=["large"]), ids=lambda r: r.name
)
def test_pulls_of_a_few_seeds(run):
    found = pulls(run, range(1000, 1006))
    assert np.abs(found).max() < 4


def outliers(c2, rng):
    """Spoil two pixels of a hundred, in both directions."""
    hit = np.triu(rng.random(c2.shape) < 0.02, 1)
    c2[hit] += rng.choice([-1.0, 1.0], hit.sum()) * rng.uniform(0.05, 0.5, hit.sum())
    return c2


@pytest.mark.slow
@pytest.mark.parametrize("loss", [m for m in Loss if m is not Loss.LINEAR])
def test_robust_fits_know_their_error_in_spite_of_outliers(loss):
    run = known("static-small")
    found = pulls(run, range(60), outliers, loss=loss, loss_scale=2.0)
    assert np.abs(found).max() < 4, np.abs(found).max(axis=0)
    spread = found.std(axis=0, ddof=1)
    assert np.all((spread > 0.75) & (spread < 1.3)), spread


def test_robust_losses_beat_least_squares_on_outliers():
    run = known("static-small")
    clean = run.clean()
    c2 = outliers(np.array(run.data(3, clean).c2), np.random.default_rng(1))
    data = run_data(c2, phi=run.phi, q=Q, dt=run.dt)
    plain, robust = (
        fit(data, run.setup(loss=loss)) for loss in (Loss.LINEAR, Loss.CAUCHY)
    )
    assert np.nanmax(errors(robust) / errors(plain)) < 0.5
    assert np.abs((values(robust) - run.truth) / errors(robust)).max() < 4


@pytest.mark.parametrize(
    "run", tagged("interior", without=["large"]), ids=lambda r: r.name
)
def test_a_perfect_run_is_judged_good(run):
    result = fit(run.data(5), run.setup())
    assert result.quality.flag is Flag.GOOD, result.quality.warnings
    assert result.quality.noise_source == "estimated"
    assert result.quality.noise_sigma == pytest.approx(run.sigma, rel=0.05)
    n = run.n_points
    assert result.input.n_points == n
    assert abs(result.quality.reduced_chi_squared - 1) < 0.1
    chi = np.array(result.quality.angle_chi_squared)
    assert np.all(np.abs(chi - 1) < 0.15)


def test_errors_do_not_depend_on_a_wrong_guess_of_sigma_unless_it_is_given():
    run = known("static-small")
    data = run.data(11)
    estimated = fit(data, run.setup())
    right, double = (fit(data, run.setup(sigma=s)) for s in (0.005, 0.01))
    np.testing.assert_allclose(values(double), values(estimated), rtol=1e-6)
    np.testing.assert_allclose(errors(double), 2 * errors(right), rtol=1e-6)
    np.testing.assert_allclose(errors(estimated), errors(right), rtol=0.06)
    assert double.quality.noise_source == "given"
    assert double.quality.reduced_chi_squared == pytest.approx(
        right.quality.reduced_chi_squared / 4, rel=1e-9
    )
