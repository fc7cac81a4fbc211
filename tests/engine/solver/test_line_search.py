"""One line search: its conditions, its limits, the bend at the bounds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.solver.equations import Equations
from engine.solver.line_search import (
    MOST_EVALUATIONS,
    LineSearch,
    NormalisedBox,
)
from tests.engine.solver.problems import LeastSquares

WIDE = np.full(2, np.inf)


def search(evaluate, x0, direction, *, box=None, longest=math.inf, ceiling=math.inf):
    """Return the start, what was found and the box."""
    start = evaluate(np.asarray(x0, float))
    n = len(start.x)
    box = box or NormalisedBox(
        np.ones(n), np.ones(n, bool), np.full(n, -np.inf), np.full(n, np.inf)
    )
    line = LineSearch(
        box, start, np.asarray(direction, float), longest=longest, ceiling=ceiling
    )
    return start, line.run(evaluate), box


def wave(x):
    """A smooth function of one variable with one minimum after a long slope."""
    t = x[0]
    return Equations(
        np.array(x),
        float(np.log1p((t - 3) ** 2) + 0.1 * np.sin(5 * t)),
        np.array([2 * (t - 3) / (1 + (t - 3) ** 2) + 0.5 * np.cos(5 * t)]),
        np.eye(1),
    )


@settings(deadline=None, max_examples=150, derandomize=True)
@given(at=st.floats(-20, 2.0), log_length=st.floats(-4, 3))
def test_found_point_is_lower_and_flatter(at, log_length):
    start = wave(np.array([at]))
    direction = -start.gradient * 10**log_length
    calls = []

    def counted(x):
        calls.append(x)
        return wave(x)

    start, found, _ = search(counted, [at], direction)
    step = found.point.x - start.x
    slope = start.gradient @ step
    assert slope < 0
    assert found.point.cost <= start.cost + 1e-4 * slope
    # The first call is the start; a search that is at its limit keeps what it has.
    exhausted = len(calls) == 1 + MOST_EVALUATIONS
    assert exhausted or found.point.gradient @ step >= 0.9 * slope


def test_sufficient_decrease_is_asked_for():
    """From the far side of a parabola a step across it hardly lowers the cost."""
    parabola = LeastSquares(lambda x: x, lambda _: np.eye(1))
    across = -2.0 * (1 - 1e-6)
    _, found, _ = search(parabola, [1.0], [across])
    assert parabola.calls == 3
    assert abs(found.point.x[0]) < 0.5


@pytest.mark.parametrize("longest", [1e-3, 0.5, 1.0, 3.0])
def test_longest_step_is_kept_and_told(longest):
    slope = LeastSquares(lambda x: x - 1e6, lambda _: np.eye(1))
    _, found, _ = search(slope, [0.0], [1.0], longest=longest)
    assert found.at_longest
    assert found.point.x[0] == longest
    near = LeastSquares(lambda x: x - 0.9 * longest, lambda _: np.eye(1))
    _, found, _ = search(near, [0.0], [0.9 * longest], longest=1.5)
    assert not found.at_longest


def test_search_goes_no_farther_than_to_the_last_bound():
    box = NormalisedBox(
        np.array([2.0, 4.0]), np.ones(2, bool), -WIDE, np.array([1.0, 8.0])
    )
    evaluate = LeastSquares(lambda x: x - 1e6, lambda _: np.eye(2))
    _, found, _ = search(evaluate, [0.0, 0.0], [1.0, 1e-3], box=box)
    np.testing.assert_array_equal(found.point.x, [1.0, 8.0])
    assert not found.at_longest
    assert len({x.tobytes() for x in evaluate.points}) == evaluate.calls
    assert box.reach(np.zeros(2), np.array([1.0, 1e-3])) == pytest.approx(2000.0)
    assert box.reach(np.zeros(2), np.zeros(2)) == 0.0


def test_direction_far_beyond_a_small_box_is_not_lost():
    """All but the last 1e-9 of the first trial is outside."""
    box = NormalisedBox(np.ones(2), np.ones(2, bool), np.zeros(2), np.full(2, 1e-6))
    valley = np.array([[1.0, 0.0], [0.0, 1e4]])
    target = np.array([1e-7, 1e-7])
    evaluate = LeastSquares(lambda x: valley @ (x - target), lambda _: valley)
    start, found, _ = search(evaluate, [9e-7, 9e-7], [-1e3, -1e3], box=box)
    assert found.point is not None
    assert found.point.cost < start.cost


def test_ceiling_counts_only_after_several_shorter_steps():
    def cliff(x):
        high = 1e6 if x[0] > 1e-3 else -x[0]
        return Equations(np.array(x), 10 + high, np.array([-1.0]), np.eye(1))

    assert search(cliff, [0.0], [0.5], ceiling=11.0)[1].point is not None
    _, found, _ = search(cliff, [0.0], [1e4], ceiling=11.0)
    assert found.point is None
    assert found.too_high
    assert search(cliff, [0.0], [1e4], ceiling=1e9)[1].point is not None


def test_coefficients_that_are_not_free_do_not_move():
    box = NormalisedBox(
        np.array([1.0, 10.0, 1.0]),
        np.array([False, True, False]),
        np.full(3, -np.inf),
        np.full(3, np.inf),
    )
    evaluate = LeastSquares(lambda x: x - 5.0, lambda _: np.eye(3))
    _, found, _ = search(evaluate, [1.0, 1.0, 1.0], [0.4], box=box)
    np.testing.assert_array_equal(found.point.x, [1.0, 5.0, 1.0])
