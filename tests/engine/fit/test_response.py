"""Parameters the model does not answer to: what is found, and a fit with them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.fit.equations import fit_point
from engine.fit.response import unresponsive
from engine.result import State
from engine.setup import Scaling
from tests.engine.fit.layers.support import begun, dense_at, scaled_run, still_data
from tests.engine.fit.support import errors, values
from tests.marking import quick

I, A = Scaling.INDIVIDUAL, Scaling.AVERAGED  # noqa: E741
RUN = scaled_run(0.3, (0.0, 45.0, 90.0))
RATES = ("gamma_dot_t0", "gamma_dot_t_offset")
STILL = {
    "fixed": RATES,
    "start": dict.fromkeys(RATES, 0.0),
    "bounds": {"gamma_dot_t0": (0.0, 0.5)},
}
NO_FLOW = ("beta", "phi0")


def ignored(**changes):
    """Return the coefficients that change nothing at the start."""
    point = fit_point(begun(RUN, **changes).start)
    found = unresponsive(point)
    return tuple(np.array(point.equations.names)[found].tolist())


def test_without_shear_its_direction_and_exponent_change_nothing():
    assert ignored(**STILL) == NO_FLOW


@pytest.mark.parametrize("span", [(-10.0, 10.0), (-90.0, 90.0), (-np.inf, np.inf)])
def test_whatever_the_bounds(span):
    bounds = {**STILL["bounds"], "phi0": span}
    assert ignored(**{**STILL, "bounds": bounds}) == NO_FLOW


def test_with_shear_every_parameter_changes_something():
    assert ignored() == ()


@cache
def fitted(mode):
    return fit(still_data(RUN), RUN.setup(sigma=RUN.sigma, scaling=mode, **STILL))


@pytest.mark.slow
@pytest.mark.parametrize("mode", quick([I, A], I))
def test_a_fit_with_them_converges_and_gives_them_no_error(mode):
    result = fitted(mode)
    assert result.status.state is State.CONVERGED
    assert [a.outcome for a in result.strategy.attempts] == ["converged"]
    sigma = {p.name: p.stderr for p in result.parameters}
    assert {n for n, s in sigma.items() if s is None} == {*NO_FLOW, *RATES}


@pytest.mark.slow
def test_the_others_are_at_their_minimum_with_their_own_errors():
    result = fitted(I)
    known = np.isfinite(errors(result))
    dense = dense_at(RUN, values(result), still_data(RUN))
    inner = replace(dense, jacobian=dense.jacobian[:, known])
    expected = np.sqrt(np.diag(inner.covariance))
    np.testing.assert_allclose(errors(result)[known], expected, rtol=1e-6)
    assert np.abs(inner.step() / expected).max() < 0.01
