"""Data without flow: it is said, with an upper limit that an independent profile has."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.api import fit
from engine.fit.layers.shear_limit import shear_limit
from engine.result import Flag, State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    N,
    layers_off,
    measured,
    scaled_run,
    still_data,
)
from tests.engine.fit.support import values
from tests.engine.scipy_fit import PixelModel

RUN = scaled_run(0.3, (0.0, 45.0, 90.0))
HELD = ("beta", "gamma_dot_t_offset")
AT_REST = {"beta": 0.0, "gamma_dot_t_offset": 0.0}
LOWER = 1e-6
SEEDS = (3, 4, 5, 6, 7, 8)


@cache
def fitted(seed, **changes):
    setup = RUN.setup(fixed=HELD, start=AT_REST, sigma=RUN.sigma, **changes)
    return fit(still_data(RUN, seed), setup)


def is_at_bound(result):
    return result.parameters[3].at_bound


@cache
def seed_at_bound():
    """Return a draw of noise that drives the shear rate to its bound."""
    return next(s for s in SEEDS if is_at_bound(fitted(s)))


def said(result, words):
    return [w for w in result.quality.warnings if words in w]


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_no_shear_is_said_of_a_converged_fit(seed):
    result = fitted(seed)
    assert result.status.state is State.CONVERGED
    (sentence,) = said(result, "No shear was detected")
    assert sentence
    assert result.quality.flag is not Flag.GOOD
    limit = result.degeneracy.shear_limit
    assert (limit is not None) == is_at_bound(result)


def test_limit_is_named():
    result = fitted(seed_at_bound())
    limit = result.degeneracy.shear_limit
    assert limit > LOWER
    sentence = " ".join(result.quality.warnings)
    assert "gamma_dot_t0" in sentence
    assert f"{limit:.3g}"[:3] in sentence


def least_chi_squared(data, rate, result, directions):
    """Return the least χ² with the rate held, from several flow directions."""
    pixels = PixelModel(RUN.dense(), data.c2[:, 1:, 1:], RUN.sigma)
    begin = values(result).copy()
    begin[3:6] = rate, 0.0, 0.0
    free = np.delete(np.arange(len(begin)), [3, 4, 5])
    scale = np.abs(begin[free])

    def whole(y):
        x = begin.copy()
        x[free] = y * scale
        return x

    found = []
    for direction in directions:
        start = begin.copy()
        start[6] = direction
        scale = np.where(np.abs(start[free]) > 0, np.abs(start[free]), 1.0)
        end = least_squares(
            lambda y: pixels.residual(whole(y)),
            start[free] / scale,
            lambda y: pixels.jacobian(whole(y))[:, free] * scale,
            x_scale="jac",
        )
        found.append(2 * end.cost)
    return min(found)


def test_at_the_limit_chi_squared_has_risen_by_384():
    seed = seed_at_bound()
    result, data = fitted(seed), still_data(RUN, seed)
    directions = (-75.0, -45.0, -15.0, 15.0, 45.0, 75.0)
    least = least_chi_squared(data, LOWER, result, directions)
    assert result.quality.chi_squared == pytest.approx(least, abs=0.05)
    limit = result.degeneracy.shear_limit
    there = least_chi_squared(data, limit, result, directions)
    scatter = result.quality.reduced_chi_squared
    assert (there - least) / scatter == pytest.approx(3.84, rel=0.1)


def test_noise_is_measured_by_what_is_seen():
    """A sigma that is half of what it is makes no limit half as large."""
    seed = seed_at_bound()
    limit = fitted(seed).degeneracy.shear_limit
    other = RUN.setup(fixed=HELD, start=AT_REST, sigma=RUN.sigma / 2)
    half = fit(still_data(RUN, seed), other).degeneracy.shear_limit
    assert half == pytest.approx(limit, rel=0.03)


def test_shear_that_is_there_has_no_limit():
    result = fit(measured(RUN), RUN.setup(sigma=RUN.sigma))
    assert result.degeneracy.shear_limit is None
    assert not said(result, "No shear")


@pytest.mark.parametrize("mode", [Scaling.AUTO, Scaling.AVERAGED])
def test_in_other_scaling_modes(mode):
    limits = []
    for seed in SEEDS:
        result = fitted(seed, scaling=mode)
        assert said(result, "No shear was detected")
        assert (result.degeneracy.shear_limit is not None) == is_at_bound(result)
        limits.append(result.degeneracy.shear_limit)
    assert any(limits)
