"""The box-constrained quadratic against SciPy's bounded linear least squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from engine.solver.box import newton_direction, solve_box_quadratic


def problem(seed, n, decades, reach):
    """Return a least-squares problem with columns of very different length."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3 * n, n)) * 10.0 ** rng.uniform(-decades, decades, n)
    a[:, 0] += a[:, -1] * rng.uniform(0, 3)
    b = rng.normal(size=3 * n)
    newton = np.abs(np.linalg.lstsq(a, b, rcond=None)[0])
    lower = -newton * rng.choice([0.0, 0.1, reach, np.inf], n)
    upper = newton * rng.choice([0.0, 0.3, reach, np.inf], n)
    upper = np.where(upper <= lower, newton + 1e-3, upper)
    return a, b, lower, upper


def optimality(hessian, gradient, step, lower, upper):
    """Return the largest violation of the first-order conditions, scaled."""
    slope = gradient + hessian @ step
    scale = np.sqrt(np.diag(hessian)) * np.sqrt(
        gradient @ np.linalg.solve(hessian, gradient)
    )
    pushing = np.where(step <= lower, np.minimum(slope, 0), slope)
    pushing = np.where(step >= upper, np.maximum(slope, 0), pushing)
    pushing = np.where((step <= lower) & (step >= upper), 0, pushing)
    return np.max(np.abs(pushing) / scale)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 14),
    decades=st.sampled_from([0, 3]),
    reach=st.sampled_from([0.5, 1.0, 5.0]),
)
def test_minimum_in_a_box_is_that_of_scipy(seed, n, decades, reach):
    a, b, lower, upper = problem(seed, n, decades, reach)
    hessian, gradient = a.T @ a, -a.T @ b
    step = solve_box_quadratic(hessian, gradient, lower, upper)
    assert np.all(step >= lower)
    assert np.all(step <= upper)
    # unit columns: SciPy's stopping rules are not scale-free
    d = np.linalg.norm(a, axis=0)
    theirs = (
        lsq_linear(a / d, b, (lower * d, upper * d), method="bvls", tol=1e-14).x / d
    )
    values = [0.5 * np.sum((a @ s - b) ** 2) for s in (step, theirs)]
    assert values[0] <= values[1] * (1 + 1e-10) + 1e-12
    assert optimality(hessian, gradient, step, lower, upper) < 1e-5


def test_without_bounds_it_is_the_newton_step():
    a, b, *_ = problem(1, 8, 2, 1.0)
    free = np.full(8, np.inf)
    step = solve_box_quadratic(a.T @ a, -a.T @ b, -free, free)
    np.testing.assert_allclose(step, np.linalg.lstsq(a, b, rcond=None)[0], rtol=1e-9)


def test_start_in_a_corner_can_leave_it():
    hessian = np.array([[2.0, 1.9], [1.9, 2.0]])
    step = solve_box_quadratic(
        hessian, np.array([-1.0, -0.5]), np.zeros(2), np.array([np.inf, np.inf])
    )
    np.testing.assert_allclose(step, [0.5, 0.0], atol=1e-12)


def test_no_room_means_no_step():
    step = solve_box_quadratic(
        np.eye(2), np.array([-1.0, 1.0]), np.array([-1.0, 0.0]), np.array([0.0, 1.0])
    )
    np.testing.assert_array_equal(step, 0.0)


@pytest.mark.parametrize("columns", [(1.0, 1.0), (1e8, 1e-8)])
def test_singular_hessian_gives_the_shortest_finite_step(columns):
    j = np.outer(np.arange(1.0, 5.0), columns)
    b = np.arange(1.0, 5.0)
    direction = newton_direction(j.T @ j, j.T @ b)
    assert np.all(np.isfinite(direction))
    np.testing.assert_allclose(j @ direction, b, rtol=1e-6)


def test_variable_without_room_lets_a_better_one_go():
    hessian = np.array([[1.0, -0.9, 0.0], [-0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    gradient = np.array([-5.0, 0.5, -50.0])
    upper = np.array([9.0, np.inf, 0.0])
    step = solve_box_quadratic(hessian, gradient, np.zeros(3), upper)
    np.testing.assert_allclose(step, [9.0, 7.6, 0.0], rtol=1e-12)
