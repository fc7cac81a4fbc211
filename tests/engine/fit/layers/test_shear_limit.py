"""Data without flow: it is said, with an upper limit that SciPy finds as well."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.api import fit
from engine.result import Flag, State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    N,
    measured,
    scaled_run,
    still_data,
)
from tests.engine.fit.support import values
from tests.engine.scipy_fit import PixelModel
from tests.marking import quick

I, A = Scaling.INDIVIDUAL, Scaling.AVERAGED  # noqa: E741

RUN = scaled_run(0.3, (0.0, 45.0, 90.0))
STEADY = ("beta", "gamma_dot_t_offset")
ALONG = (*STEADY, "phi0")
"""Held, so that noise has no direction to choose."""
START = {"beta": 0.0, "gamma_dot_t_offset": 0.0, "phi0": 4.0}
LOWER = 1e-7
SEEDS = (3, 4, 5, 6, 7, 8)


@cache
def fitted(seed, held=ALONG, **changes):
    setup = RUN.setup(
        fixed=held,
        start=START,
        bounds={"gamma_dot_t0": (LOWER, 0.5)},
        **{"sigma": RUN.sigma, **changes},
    )
    return fit(still_data(RUN, seed), setup)


def is_at_bound(result):
    return result.parameters[3].at_bound


@cache
def seed_at_bound():
    """Return a draw of noise that drives the shear rate to its bound."""
    return next(s for s in SEEDS if is_at_bound(fitted(s)))


def said(result, words):
    return [w for w in result.quality.warnings if words in w]


@pytest.mark.slow
@pytest.mark.parametrize("held", quick([STEADY, ALONG], ALONG))
@pytest.mark.parametrize("seed", quick(SEEDS, SEEDS[0]))
@pytest.mark.parametrize("mode", quick([I, A], I))
def test_no_shear_is_said_of_a_converged_fit(seed, held, mode):
    result = fitted(seed, held, scaling=mode)
    assert result.status.state is State.CONVERGED
    assert said(result, "No shear was detected")
    assert result.quality.flag is not Flag.GOOD
    limit = result.degeneracy.shear_limit
    assert (limit is not None) == is_at_bound(result)


@pytest.mark.slow
def test_a_bound_that_is_met_twice_is_an_answer():
    """The start leads into a wrong minimum; the way out of it, to no shear again."""
    setup = RUN.setup(fixed=STEADY, start=START, sigma=RUN.sigma)
    result = fit(still_data(RUN, 8), setup)
    report = result.degeneracy.layers["gradient_monitoring"]
    moved = [event["moved"] for event in report.details["events"]]
    assert moved == [True, False]
    assert result.status.state is State.CONVERGED
    assert report.effect.startswith("The shear has no influence here")
    assert is_at_bound(result)
    assert result.degeneracy.shear_limit > 1e-6


@pytest.mark.slow
def test_limit_is_named():
    result = fitted(seed_at_bound())
    limit = result.degeneracy.shear_limit
    assert limit > 3 * LOWER
    (sentence,) = said(result, "upper limit")
    assert f"(upper limit of gamma_dot_t0: {limit:.3g} s⁻¹, 95 %)" in sentence


def profile(data, rate, result, mode):
    """Return the least χ² with the shear rate held."""
    shared = mode is Scaling.AVERAGED
    c2 = data.c2[:, 1:, 1:]
    pixels = PixelModel(RUN.dense(), c2, RUN.sigma, averaged=shared)
    begin = values(result)
    if shared:
        begin = begin[[*range(N), N, N + 3]]
    begin[3:N] = rate, 0.0, 0.0, 4.0
    free = np.delete(np.arange(len(begin)), [3, 4, 5, 6])
    scale = begin[free]

    def whole(y):
        x = begin.copy()
        x[free] = y * scale
        return x

    end = least_squares(
        lambda y: pixels.residual(whole(y)),
        np.ones(len(free)),
        lambda y: pixels.jacobian(whole(y))[:, free] * scale,
        x_scale="jac",
    )
    return 2 * end.cost


@pytest.mark.slow
@pytest.mark.parametrize("mode", quick([I, A], I))
def test_at_the_limit_chi_squared_has_risen_by_384(mode):
    seed = next(s for s in SEEDS if is_at_bound(fitted(s, scaling=mode)))
    result, data = fitted(seed, scaling=mode), still_data(RUN, seed)
    least = profile(data, LOWER, result, mode)
    assert result.quality.chi_squared == pytest.approx(least, abs=0.02)
    there = profile(data, result.degeneracy.shear_limit, result, mode)
    scatter = result.quality.reduced_chi_squared
    assert (there - least) / scatter == pytest.approx(3.84, rel=0.1)


@pytest.mark.slow
def test_noise_is_measured_by_what_is_seen():
    """A sigma that is half of what it is makes no limit half as large."""
    seed = seed_at_bound()
    limit = fitted(seed).degeneracy.shear_limit
    half = fitted(seed, sigma=RUN.sigma / 2).degeneracy.shear_limit
    assert half == pytest.approx(limit, rel=0.02)


@pytest.mark.slow
def test_no_limit_where_the_whole_range_is_allowed():
    seed = seed_at_bound()
    setup = RUN.setup(
        fixed=ALONG,
        start={**START, "gamma_dot_t0": 2e-7},
        bounds={"gamma_dot_t0": (LOWER, 3e-7)},
        sigma=RUN.sigma,
    )
    result = fit(still_data(RUN, seed), setup)
    assert is_at_bound(result)
    assert result.degeneracy.shear_limit is None
    assert said(result, "No shear was detected")


@pytest.mark.slow
def test_shear_that_is_there_has_no_limit():
    result = fit(measured(RUN), RUN.setup(sigma=RUN.sigma))
    assert result.degeneracy.shear_limit is None
    assert not said(result, "No shear")
