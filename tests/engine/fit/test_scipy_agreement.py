"""SciPy's bounded least squares on the same pixels ends at the same optimum."""

from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.conventions import Convention
from engine.result import State
from engine.setup import Loss, Masks, Scaling
from tests.engine.fit.support import by_scipy, errors, values
from tests.engine.known_runs import known, tagged
from tests.engine.scipy_fit import PixelModel, scipy_fit


def agree(result, theirs, tolerance=0.01):
    assert result.status.state is State.CONVERGED, result.status
    distance = np.abs(values(result) - theirs.x) / theirs.stderr
    assert distance.max() < tolerance, distance
    assert result.status.cost_final == pytest.approx(theirs.cost, rel=1e-7)


@pytest.mark.parametrize(
    "run", tagged("interior", without=["large"]), ids=lambda r: r.name
)
def test_same_optimum_and_same_errors(run):
    data = run.data(2)
    result = fit(data, run.setup(sigma=run.sigma))
    theirs = by_scipy(run, data, run.sigma)
    agree(result, theirs)
    np.testing.assert_allclose(errors(result), theirs.stderr, rtol=1e-3)


@pytest.mark.parametrize("convention", Convention)
def test_same_optimum_in_every_convention(convention):
    run = replace(known("laminar-small"), convention=convention)
    if convention is Convention.HOMODYNE2:
        theta = np.array(run.theta) * [1, 1, 1, 3, 1, 3, 1]
        start = np.array(run.start) * [1, 1, 1, 3, 1, 3, 1]
        run = replace(run, theta=tuple(theta), start=tuple(start))
    data = run.data(4)
    result = fit(data, run.setup(sigma=run.sigma))
    agree(result, by_scipy(run, data, run.sigma))
    assert result.convention == convention.value


@pytest.mark.parametrize("loss", [m for m in Loss if m is not Loss.LINEAR])
def test_same_optimum_for_robust_losses(loss):
    run = known("static-small")
    data = run.data(6)
    result = fit(data, run.setup(sigma=run.sigma, loss=loss, loss_scale=1.5))
    theirs = by_scipy(run, data, run.sigma, loss=loss.value, f_scale=1.5)
    agree(result, theirs)


def test_same_optimum_with_masks_and_missing_pixels():
    run = known("laminar-small")
    measured = np.array(run.data(8).c2)
    rng = np.random.default_rng(0)
    missing = rng.random(measured.shape) < 0.03
    measured[missing | np.swapaxes(missing, 1, 2)] = np.nan
    data = replace(run.data(8), c2=measured)
    # frames 20 to 25 of the file are 18 to 23 of the fitted axis
    mask = np.zeros((61, 61), dtype=bool)
    mask[18:24, :] = mask[:, 18:24] = True
    setup = run.setup(sigma=run.sigma, masks=Masks(frames=((20, 25),)))
    result = fit(data, setup)
    theirs = by_scipy(run, data, run.sigma, mask=mask)
    agree(result, theirs)
    upper = np.triu(np.ones((61, 61), dtype=bool), 1)
    kept = np.isfinite(measured[:, 1:, 1:]) & ~mask & upper
    assert result.input.n_points == kept.sum()


def test_same_optimum_with_a_sigma_for_every_pixel(tmp_path):
    run = known("static-small")
    rng = np.random.default_rng(2)
    sigma = (run.sigma * rng.uniform(0.5, 2.0, (82, 82))).astype(np.float32)
    sigma = np.triu(sigma) + np.triu(sigma, 1).T
    noise = np.triu(rng.normal(size=(82, 82)) * sigma, 1)
    c2 = (run.clean() + noise + noise.T).astype(np.float32)
    np.save(tmp_path / "sigma.npy", sigma)
    data = replace(run.data(), c2=c2)
    result = fit(data, run.setup(sigma=tmp_path / "sigma.npy"))
    used = 1 / np.sqrt((1 / sigma.astype(float) ** 2).astype(np.float32).astype(float))
    agree(result, by_scipy(run, data, used[1:, 1:]))
    assert result.quality.noise_source == "given"
    assert result.quality.noise_sigma == pytest.approx(np.median(sigma), rel=0.02)
    assert abs(result.quality.reduced_chi_squared - 1) < 0.1


def test_same_optimum_for_one_shared_contrast():
    run = known("laminar-small")
    data = run.data(9)
    setup = run.setup(sigma=run.sigma, scaling=Scaling.AVERAGED)
    result = fit(data, setup)
    start = np.array([*run.theta, 0.3, 1.0])
    theirs = by_scipy(run, data, run.sigma, start, averaged=True)
    assert result.status.state is State.CONVERGED
    assert result.scaling.mode == "averaged"
    assert result.scaling.n_coefficients == 2
    assert len(set(result.scaling.contrast)) == len(set(result.scaling.offset)) == 1
    ours = np.append(values(result)[:7], values(result)[[7, 10]])
    assert np.all(np.abs(ours - theirs.x) < 0.01 * theirs.stderr)
    ours = np.append(errors(result)[:7], errors(result)[[7, 10]])
    np.testing.assert_allclose(ours, theirs.stderr, rtol=1e-3)


def test_same_optimum_at_an_active_bound():
    run = known("static-small")
    data = run.data(10)
    setup = run.setup(sigma=run.sigma, bounds={"alpha": (-1.15, 0.5)})
    result = fit(data, setup)
    lower, upper = (
        np.array([100.0, -1.15, -1e10, 0, 0.5]),
        np.array([1e10, 0.5, 1e10, 1, 1.5]),
    )
    start = [*run.start, 0.3, 1.0]
    theirs = by_scipy(run, data, run.sigma, start, bounds=(lower, upper))
    free = [0, 2, 3, 4]
    alpha = result.parameters[1]
    assert alpha.value == -1.15
    assert alpha.at_bound
    assert alpha.stderr is None
    assert result.status.state is State.CONVERGED
    jacobian = theirs.raw.jac[:, free]
    stderr = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    assert np.all(np.abs(values(result) - theirs.x)[free] < 0.01 * stderr)
    np.testing.assert_allclose(errors(result)[free], stderr, rtol=1e-3)
    assert any("alpha" in w and "bound" in w for w in result.quality.warnings)


def test_same_optimum_when_time_starts_at_zero():
    run = known("static-small")
    data = run.data(12)
    result = fit(data, run.setup(sigma=run.sigma, drop_first_frame=False))
    pixels = PixelModel(run.dense(dropped=False), data.c2, run.sigma)
    agree(result, scipy_fit(pixels, run.truth))
    assert result.input.n_frames == run.n_frames
    assert not result.input.first_frame_dropped
