"""The two-loop recursion against the dense update it stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.solver.memory import CurvatureMemory


def dense_inverse(pairs):
    """Return the inverse Hessian after BFGS updates, by the textbook formula."""
    s, y = pairs[-1]
    n = len(s)
    inverse = (s @ y) / (y @ y) * np.eye(n)
    for s, y in pairs:
        rho = 1 / (s @ y)
        left = np.eye(n) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    return inverse


def curved_pairs(rng, n, count):
    """Return steps and changes of the gradient of a convex quadratic."""
    root = rng.normal(size=(n, n))
    hessian = root.T @ root + 0.1 * np.eye(n)
    return [(s, hessian @ s) for s in rng.normal(size=(count, n))]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 7), count=st.integers(1, 14))
def test_direction_is_that_of_the_dense_update_of_the_last_ten(seed, n, count):
    rng = np.random.default_rng(seed)
    pairs = curved_pairs(rng, n, count)
    memory = CurvatureMemory()
    for pair in pairs:
        memory.add(*pair)
    gradient = rng.normal(size=n)
    direction = memory.direction(gradient, np.ones(n, bool))
    expected = -dense_inverse(pairs[-10:]) @ gradient
    scale = np.abs(expected).max()
    np.testing.assert_allclose(direction, expected, atol=1e-6 * scale)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(seed=st.integers(0, 2**31), n=st.integers(2, 7))
def test_held_coordinates_stay_and_the_rest_descends(seed, n):
    rng = np.random.default_rng(seed)
    memory = CurvatureMemory()
    for pair in curved_pairs(rng, n, 5):
        memory.add(*pair)
    moving = np.arange(n) != rng.integers(n)
    gradient = rng.normal(size=n)
    direction = memory.direction(gradient, moving)
    if direction is not None:
        assert not direction[~moving].any()
        assert direction @ gradient < 0


def test_pairs_without_positive_curvature_are_not_kept():
    memory = CurvatureMemory()
    memory.add(np.array([1.0, 0.0]), np.array([-1.0, 5.0]))
    memory.add(np.array([1.0, 0.0]), np.array([0.0, 5.0]))
    memory.add(np.zeros(2), np.zeros(2))
    assert len(memory) == 0
    assert memory.direction(np.ones(2), np.ones(2, bool)) is None


def test_pair_that_is_curved_elsewhere_only_tells_nothing():
    memory = CurvatureMemory()
    memory.add(np.array([1.0, -1.0]), np.array([3.0, 1.0]))
    assert len(memory) == 1
    assert memory.direction(np.ones(2), np.array([False, True])) is None
    direction = memory.direction(np.array([6.0, 1.0]), np.array([True, False]))
    np.testing.assert_allclose(direction, [-2.0, 0.0])


@pytest.mark.parametrize("count", [1, 3])
def test_cleared_memory_is_empty(count):
    memory = CurvatureMemory()
    for pair in curved_pairs(np.random.default_rng(0), 3, count):
        memory.add(*pair)
    assert len(memory) == count
    memory.clear()
    assert len(memory) == 0
