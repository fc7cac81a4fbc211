"""Which parameters are taken for periodic, and where a periodic one ends up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fit.parameter_map import parameter_map
from engine.models.specs import LAMINAR_FLOW
from engine.parameters import Parameter, ParameterSet

NAMES = LAMINAR_FLOW.default_parameters().names
PLACE = NAMES.index("phi0")


def bounded(name, lower, upper):
    """Return the default parameters with other bounds of one of them."""
    parameters = LAMINAR_FLOW.default_parameters()
    value = min(max(parameters[name].value, lower), upper)
    changed = Parameter(name=name, value=value, lower=lower, upper=upper)
    return ParameterSet(tuple(changed if p.name == name else p for p in parameters))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "phi0"])
@pytest.mark.parametrize("lower", [-math.inf, -1.0])
def test_without_an_upper_bound_it_has_no_period(name, lower):
    """Its lower bound, where there is one, still acts."""
    found = parameter_map(bounded(name, lower, math.inf))
    place = NAMES.index(name)
    assert place not in [row for row, *_ in found.turns]
    assert (found.lower[place], found.upper[place]) == (lower, math.inf)
    free = found.start.copy()
    free[place] = 1e12
    np.testing.assert_array_equal(found.theta(free), free)


@pytest.mark.parametrize("bounds", [(-90.0, 90.0), (-180.0, 180.0), (10.0, 200.0)])
@given(direction=st.floats(-1e4, 1e4))
def test_a_direction_with_a_whole_period_turns_within_its_bounds(bounds, direction):
    lower, upper = bounds
    found = parameter_map(bounded("phi0", lower, upper))
    assert found.turns == ((PLACE, lower, 180.0),)
    assert (found.lower[PLACE], found.upper[PLACE]) == (-math.inf, math.inf)
    free = found.start.copy()
    free[PLACE] = direction
    theta = found.theta(free)
    assert lower <= theta[PLACE] <= upper
    turned = np.radians(theta[PLACE] - direction)
    assert np.cos(2 * turned) == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_array_equal(theta[:PLACE], free[:PLACE])


def test_a_direction_with_less_than_a_period_is_bounded():
    found = parameter_map(bounded("phi0", -45.0, 45.0))
    assert found.turns == ()
    assert (found.lower[PLACE], found.upper[PLACE]) == (-45.0, 45.0)


def test_a_direction_without_bounds_stays_what_it_is():
    """There is no end from which it could be counted."""
    found = parameter_map(bounded("phi0", -math.inf, math.inf))
    free = found.start.copy()
    free[PLACE] = 250.0
    np.testing.assert_array_equal(found.theta(free), free)
