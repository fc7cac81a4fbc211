"""Typical sizes of the coefficients given as a list, whatever the scaling mode."""

from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.errors import OptionError
from engine.fit.steps import solver_options
from engine.options import Options, StepOptions
from engine.result import State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    UNEQUAL,
    N,
    equations_in,
    measured,
    problem_of,
)
from tests.engine.fit.support import apart

A, F, I = Scaling.AVERAGED, Scaling.FOURIER, Scaling.INDIVIDUAL  # noqa: E741
SIZES = (1e4, 1.0, 300.0, 1e-3, 1.0, 1e-4, 10.0)
COUNTS = {A: 2, F: 10, I: 14}
"""Coefficients of the scaling at seven angles."""


def listed(n):
    """Return options with a list of the physical sizes and n of the scaling."""
    sizes = (*SIZES, *np.linspace(0.1, 0.2, max(n, 0)).tolist())
    return Options(steps=StepOptions(x_scale=sizes[: N + n]))


@cache
def problem(n, scaling):
    return problem_of(UNEQUAL, options=listed(n), scaling=scaling)


def scale(n, mode, scaling=Scaling.AUTO):
    found = problem(n, scaling)
    return solver_options(found.setup, equations_in(found, mode)).scale


@pytest.mark.parametrize("mode", COUNTS)
@pytest.mark.parametrize("given", COUNTS)
def test_what_belongs_to_another_mode_is_left_out(given, mode):
    found = scale(COUNTS[given], mode)
    assert len(found) == N + COUNTS[mode]
    np.testing.assert_allclose(1 / found[:N], SIZES)
    if given is mode:
        np.testing.assert_allclose(1 / found[N:], np.linspace(0.1, 0.2, COUNTS[mode]))
    else:
        assert np.isnan(found[N:]).all()


@pytest.mark.parametrize("mode", COUNTS)
def test_the_parameters_alone_do_in_every_mode(mode):
    found = scale(0, mode)
    np.testing.assert_allclose(1 / found[:N], SIZES)
    assert np.isnan(found[N:]).all()


@pytest.mark.parametrize("scaling", [Scaling.AUTO, Scaling.CONSTANT, I])
@pytest.mark.parametrize("count", [-2, 1, 9, 92])
def test_a_senseless_length_is_refused(count, scaling):
    words = (
        f"x_scale has {N + count} numbers; expected one for each of the 7 parameters"
    )
    with pytest.raises(OptionError, match=words):
        scale(count, I, scaling)


def test_in_a_mode_that_stays_the_list_of_another_is_refused():
    with pytest.raises(OptionError, match="x_scale has 9 numbers"):
        scale(2, I, I)


@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS.values())
def test_auto_arrives_with_the_list_of_any_mode(count):
    settings = {"sigma": UNEQUAL.sigma, "scaling": Scaling.AUTO}
    result = fit(measured(UNEQUAL), UNEQUAL.setup(options=listed(count), **settings))
    assert result.status.state is State.CONVERGED
    assert result.degeneracy.layers["scaling"].count == 1
    assert result.scaling.mode == "individual"
    assert apart(result, fit(measured(UNEQUAL), UNEQUAL.setup(**settings))) < 5e-3
