"""The quadratic within limits against all active sets, and against its conditions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from engine.solver.box import solve_box_quadratic
from engine.solver.limits import Limits, solve_limited_quadratic


def problem(seed, n, m, *, rank=None, decades=0.0, whole=False):
    """Return a least-squares problem in a box with m limits, many of them at 0."""
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-decades, decades, n)
    jacobian = rng.normal(size=(rank or 2 * n, n)) * size
    hessian = jacobian.T @ jacobian
    gradient = -jacobian.T @ rng.normal(size=len(jacobian))
    reach = np.abs(np.linalg.lstsq(jacobian / size, rng.normal(size=len(jacobian)))[0])
    reach = (reach + 0.1) / size
    # whole numbers: rows that depend on each other, corners where many constraints meet
    rows = rng.integers(-1, 2, (m, n)) if whole else rng.normal(size=(m, n))
    matrix = rows * size
    width = np.abs(matrix) @ reach + 0.1
    lower, upper = (
        -reach * rng.choice([0.0, 0.2, 1.0, np.inf], n),
        reach * rng.choice([0.1, 0.5, 2.0, np.inf], n),
    )
    low = -width * rng.choice([0.0, 0.1, 0.5, np.inf], m)
    high = width * rng.choice([0.0, 0.1, 0.5, np.inf], m)
    return hessian, gradient, lower, upper, Limits(matrix, low, high)


def scaled(hessian, gradient, lower, upper, limits):
    """Return all of it in variables of unit curvature, constraints as unit rows."""
    size = np.sqrt(np.diag(hessian))
    rows = np.vstack([np.diag(size), limits.matrix]) / size
    length = np.linalg.norm(rows, axis=1)
    length[length == 0] = 1.0
    return (
        hessian / np.outer(size, size),
        gradient / size,
        rows / length[:, None],
        np.concatenate([lower * size, limits.lower]) / length,
        np.concatenate([upper * size, limits.upper]) / length,
    )


def violations(parts, step):
    """Return by how much feasibility and the first-order conditions are missed."""
    hessian, gradient, rows, lower, upper = scaled(*parts)
    y = step * np.sqrt(np.diag(parts[0]))
    values, near = rows @ y, 1e-9 * max(1.0, np.linalg.norm(y))
    outside = max(np.max(lower - values), np.max(values - upper), 0.0)
    # a sum of what the constraints in touch may push: multipliers of the right sign
    pushes = np.vstack([rows[values - lower < near], -rows[upper - values < near]]).T
    slope = gradient + hessian @ y
    left = nnls(pushes, slope)[1] if pushes.shape[1] else np.linalg.norm(slope)
    return outside, left / np.linalg.norm(gradient)


def smallest_of_all_faces(parts):
    """Return the best feasible minimum of all combinations of held constraints."""
    hessian, gradient, rows, lower, upper = scaled(*parts)
    n, best = len(gradient), (np.inf, np.zeros(0))
    for sides in itertools.product((-1, 0, 1), repeat=len(rows)):
        held = np.flatnonzero(sides)
        bound = np.where(np.array(sides) > 0, upper, lower)[held]
        if len(held) > n or not np.all(np.isfinite(bound)):
            continue
        normal = rows[held]
        kkt = np.block([[hessian, normal.T], [normal, np.zeros((len(held),) * 2)]])
        y = np.linalg.lstsq(kkt, np.concatenate([-gradient, bound]))[0][:n]
        if np.all(rows @ y >= lower - 1e-9) and np.all(rows @ y <= upper + 1e-9):
            best = min(best, (gradient @ y + 0.5 * y @ hessian @ y, tuple(y)))
    return best[0], np.array(best[1]) / np.sqrt(np.diag(parts[0]))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 3),
    m=st.integers(1, 3),
    whole=st.booleans(),
)
def test_minimum_is_the_best_of_all_faces(seed, n, m, whole):
    parts = problem(seed, n, m, whole=whole)
    step = solve_limited_quadratic(*parts)
    value, expected = smallest_of_all_faces(parts)
    np.testing.assert_allclose(step, expected, atol=1e-7)
    assert parts[1] @ step + 0.5 * step @ parts[0] @ step == pytest.approx(value)


@pytest.mark.slow
@settings(deadline=None, max_examples=120, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 12),
    m=st.integers(1, 20),
    decades=st.sampled_from([0.0, 5.0]),
    whole=st.booleans(),
)
def test_conditions_of_a_minimum_hold_in_any_units(seed, n, m, decades, whole):
    parts = problem(seed, n, m, decades=decades, whole=whole)
    step = solve_limited_quadratic(*parts)
    assert np.all((step >= parts[2]) & (step <= parts[3]))
    outside, left = violations(parts, step)
    assert outside < 1e-10
    assert left < 1e-8


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=st.integers(0, 2**31), n=st.integers(3, 12), m=st.integers(1, 12))
def test_singular_curvature_is_no_obstacle(seed, n, m):
    parts = problem(seed, n, m, rank=n // 2, whole=True)
    outside, left = violations(parts, solve_limited_quadratic(*parts))
    assert outside < 1e-10
    assert left < 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_many_coefficients_between_many_limits(seed):
    parts = problem(seed, 60, 46, decades=5.0)
    outside, left = violations(parts, solve_limited_quadratic(*parts))
    assert outside < 1e-10
    assert left < 1e-8


@pytest.mark.parametrize("half", [False, True])
def test_harmonics_of_many_angles_keep_every_value_within(half):
    # 23 rows for 5 coefficients, both ends of a full circle the same row
    phi = np.radians(np.linspace(-90, 90, 23) * (1 if half else 2))
    basis = np.stack(
        [phi**0, np.cos(phi), np.sin(phi), np.cos(2 * phi), np.sin(2 * phi)], axis=1
    )
    hessian, gradient, lower, upper, _ = problem(3, 17, 0, decades=3.0)
    matrix = np.zeros((46, 17))
    matrix[:23, :5] = matrix[23:, 5:10] = basis
    matrix *= np.sqrt(np.diag(hessian))
    room = np.random.default_rng(5).choice([0.0, 0.01, 0.3], (2, 46))
    room[:, 22] = room[:, 0]
    parts = hessian, gradient, lower, upper, Limits(matrix, -room[0], room[1])
    outside, left = violations(parts, solve_limited_quadratic(*parts))
    assert outside < 1e-10
    assert left < 1e-8


@pytest.mark.parametrize("rows", [0, 4])
def test_without_a_limit_it_is_the_step_in_the_box(rows):
    hessian, gradient, lower, upper, _ = problem(1, 9, 0, decades=3.0)
    endless = np.full(rows, np.inf)
    limits = Limits(np.ones((rows, 9)), -endless, endless)
    step = solve_limited_quadratic(hessian, gradient, lower, upper, limits)
    expected = solve_box_quadratic(hessian, gradient, lower, upper)
    np.testing.assert_allclose(step, expected, rtol=1e-9)


def test_rows_reached_together_do_not_lock_each_other():
    # three copies of x + y <= 1, one backwards, and a corner of the box on the line
    matrix = np.array([[1.0, 1.0], [2.0, 2.0], [-1.0, -1.0]])
    limits = Limits(
        matrix, np.array([-np.inf, -np.inf, -1.0]), np.array([1.0, 2.0, np.inf])
    )
    step = solve_limited_quadratic(
        np.eye(2), np.array([-3.0, -1.0]), np.zeros(2), np.array([1.0, 1.0]), limits
    )
    np.testing.assert_allclose(step, [1.0, 0.0], atol=1e-12)


def test_limits_without_width_hold_and_the_others_still_let_go():
    free = np.array([np.inf, 0.0, np.inf])
    limits = Limits(np.array([[1.0, 1.0, 1.0]]), np.zeros(1), np.zeros(1))
    step = solve_limited_quadratic(
        np.eye(3), np.array([-2.0, -5.0, 4.0]), -free, free, limits
    )
    np.testing.assert_allclose(step, [3.0, 0.0, -3.0], atol=1e-12)


def test_variable_without_room_lets_a_better_one_go():
    hessian = np.array([[1.0, -0.9, 0.0], [-0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    limits = Limits(np.ones((1, 3)), np.array([-1.0]), np.array([20.0]))
    step = solve_limited_quadratic(
        hessian,
        np.array([-5.0, 0.5, -50.0]),
        np.zeros(3),
        np.array([9.0, np.inf, 0.0]),
        limits,
    )
    np.testing.assert_allclose(step, [9.0, 7.6, 0.0], atol=1e-12)


def test_variable_without_influence_stays():
    limits = Limits(np.array([[1.0, 0.0]]), np.array([-1.0]), np.array([0.25]))
    endless = np.full(2, np.inf)
    step = solve_limited_quadratic(
        np.diag([2.0, 0.0]), np.array([-2.0, 0.0]), -endless, endless, limits
    )
    np.testing.assert_allclose(step, [0.25, 0.0], atol=1e-14)


def test_at_limit_is_relative_to_its_size():
    limits = Limits(
        np.eye(3), np.array([-np.inf, 0.0, 99.0]), np.array([1.0, 9.0, np.inf])
    )
    x = np.array([1.0 - 1e-3, 1e-3, 99.05])
    np.testing.assert_array_equal(limits.at_limit(x, 1e-4), [False, False, False])
    np.testing.assert_array_equal(limits.at_limit(x, 6e-4), [True, False, True])
    np.testing.assert_array_equal(limits.at_limit(x, 2e-3), [True, True, True])


def test_limits_of_a_step_always_allow_none():
    limits = Limits(np.array([[1.0, 2.0], [1.0, 0.0]]), np.zeros(2), np.ones(2))
    shifted = limits.shifted(np.array([0.25, 0.5]))
    np.testing.assert_allclose(shifted.lower, [-1.25, -0.25])
    np.testing.assert_allclose(shifted.upper, [0.0, 0.75])
    np.testing.assert_array_equal(shifted.matrix, limits.matrix)
