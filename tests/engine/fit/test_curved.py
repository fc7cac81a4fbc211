"""Curved steps: straight to first order, true to the level and slope of the rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.fit.curved import curved_steps

NAMES = ("D0", "alpha", "D_offset", "contrast[0]")
FREE = (np.full(4, -np.inf), np.full(4, np.inf))
TIMES = np.arange(1, 200) * 0.1


def rate(x, t):
    return x[0] * t ** x[1] + x[2]


values = st.tuples(
    st.floats(100, 1e6), st.floats(0.05, 1.5), st.floats(-1e3, 1e3), st.floats(0, 1)
)


@settings(deadline=None, max_examples=50)
@given(
    x=values,
    direction=st.tuples(*[st.floats(-1, 1)] * 4),
    sign=st.sampled_from((1, -1)),
)
def test_the_step_is_straight_to_first_order(x, direction, sign):
    x = np.array(x) * [1, sign, 1, 1]
    move = curved_steps(NAMES, TIMES, FREE)
    unit = np.array(direction) * [x[0], abs(x[1]), x[0], 1.0]
    errors = [
        np.abs(move(x, h * unit) - (x + h * unit)).max() / x[0] for h in (1e-3, 1e-4)
    ]
    assert errors[1] <= errors[0] / 50 + 1e-12


def test_a_step_along_the_valley_keeps_level_and_slope():
    """For a small exponent only s and b are measured: they must not move with it."""
    x = np.array([1e5, 1e-3, -9e4, 0.3])
    move = curved_steps(NAMES, TIMES, FREE)
    middle = np.exp(np.mean(np.log(TIMES)))
    # A straight step that holds s and b to first order while the exponent halves.
    da = -0.5 * x[1]
    grown = middle ** x[1]
    dp = -(x[0] * da / x[1] + x[0] * np.log(middle) * da)
    dc = -(grown * dp + x[0] * grown * np.log(middle) * da)
    end = move(x, np.array([dp, da, dc, 0.0]))
    assert end[1] == pytest.approx(0.5 * x[1])
    before, after = rate(x, TIMES), rate(end, TIMES)
    straight = rate(x + np.array([dp, da, dc, 0.0]), TIMES)
    assert np.abs(after - before).max() < 0.02 * np.abs(straight - before).max()


def test_the_exponent_shrinks_tenfold_at_most():
    """Level and slope move as asked; the prefactor grows instead."""
    x = np.array([1e4, 0.1, 10.0, 0.3])
    move = curved_steps(NAMES, TIMES, FREE)
    end = move(x, np.array([3e4, -0.11, -3e4, 0.0]))
    assert end[1] == pytest.approx(0.01)
    assert end[0] > x[0]


def test_other_coefficients_and_incomplete_groups_move_straight():
    bounds = (np.full(2, -np.inf), np.full(2, np.inf))
    move = curved_steps(("alpha", "contrast[0]"), TIMES, bounds)
    x, step = np.array([0.5, 0.3]), np.array([-1.0, 0.1])
    np.testing.assert_allclose(move(x, step), x + step)


def test_the_end_lies_within_the_bounds():
    lower, upper = np.array([100.0, -2, -1e5, 0]), np.array([1e5, 2, 1e5, 1])
    move = curved_steps(NAMES, TIMES, (lower, upper))
    end = move(np.array([9e4, 0.01, 0.0, 0.9]), np.array([1e6, -0.1, 1e7, 5.0]))
    assert (lower <= end).all()
    assert (end <= upper).all()
